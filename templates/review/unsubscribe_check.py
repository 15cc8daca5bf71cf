"""Whether a text says how to get no more of its kind: what marketing must. Pure.

E-mail needs a link in what is read, as HTML and as text; an SMS a link or the word STOP. Both
whatever the variables say: outside of every `if` and `for`. On the other channels the links are
supplied (`channels/way_out.py`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from channels.base import Channel
from templates.engine.language import certain
from templates.fields import PREFERENCES_URL, UNSUBSCRIBE_URL
from templates.review.checks import Problem

LINKS = frozenset({UNSUBSCRIBE_URL, PREFERENCES_URL})
KEYWORD = "STOP"
WORDS = "Marketing must say how to end it: {{ unsubscribe_url }} or {{ preferences_url }}"

Parts = Mapping[str, Mapping[str, Mapping[str, Any]]]


def without_way_out(parts: Parts) -> list[Problem]:
    """Of parts without other problems."""
    return [*_email(parts.get(Channel.EMAIL, {})), *_sms(parts.get(Channel.SMS, {}))]


def _email(locales: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    for locale, part in locales.items():
        for field in ("html", "text"):
            if part.get(field) and not LINKS & certain(part[field]).names:
                yield Problem(Channel.EMAIL, locale, field, f"{WORDS}, outside of every condition")


def _sms(locales: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    for locale, part in locales.items():
        body = certain(part.get("body", ""))
        if not LINKS & body.names and KEYWORD not in body.words:
            yield Problem(
                Channel.SMS, locale, "body", f"{WORDS}, or “Reply {KEYWORD}”, outside of conditions"
            )
