"""What an author should know of a version that can be published all the same, or nearly. Pure.

Lengths are those of the version rendered with its sample data.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from channels import sms_parts
from channels.base import Channel
from templates import place
from templates.engine.problem import Problem
from templates.engine.render import Compiled, RenderFailed, render, sources
from templates.fields import DEFAULT_LOCALE, PERSON
from templates.review.checks import WRITTEN
from templates.review.refusals import refusals

SEGMENTS_WARN, SEGMENTS_MOST = 3, 10
PUSH_MOST = 4_000  # bytes: APNs and FCM take 4,096 with what the adapters add
MAIL_MOST = 102_400  # bytes of HTML; Gmail cuts off what is longer
LONG = {  # characters a person sees
    (Channel.EMAIL, "subject"): 90,
    (Channel.PUSH, "title"): 65,
    (Channel.PUSH, "body"): 240,
    (Channel.WEB_PUSH, "title"): 65,
    (Channel.WEB_PUSH, "body"): 150,
    (Channel.INBOX, "title"): 120,
}
MOST_BLOCKS = 50
DOCUMENTS: dict[tuple[str, str], tuple[type, str]] = {
    (Channel.WEBHOOK, "json"): (dict, "Must be a JSON object"),
    (Channel.SLACK, "blocks"): (list, f"Must be a JSON list of 1 to {MOST_BLOCKS} blocks"),
}
WORDLESS = frozenset({Channel.WEBHOOK})  # programs read it: one language is enough


class Rendered(NamedTuple):
    channel: str
    locale: str
    texts: Mapping[str, str]
    failed: RenderFailed | None = None
    fixed: frozenset[str] = frozenset()  # fields without variables


def rendered(version: Compiled, sample: Mapping[str, Any]) -> list[Rendered]:
    """Every channel in every locale it is written in."""
    return [
        _rendered(version, channel, locale, sample)
        for channel, locales in version.parts.items()
        for locale in locales
    ]


def of_sample(shown: list[Rendered]) -> Iterator[Problem]:
    for one in shown:
        if one.failed:
            yield _problem(one, one.failed.field, one.failed.message)
            continue
        yield from _lengths(one)
        yield from _json(one)
        yield from (_problem(one, *found) for found in refusals(one.channel, one.texts))
        if one.channel == Channel.SMS:
            yield from _sms(one)
        elif one.channel in (Channel.PUSH, Channel.WEB_PUSH):
            yield from _push(one)
        elif len(one.texts.get("html", "").encode()) > MAIL_MOST:
            message = "More than 102 KB of HTML: Gmail shows only the beginning"
            yield Problem(one.channel, one.locale, "html", message, warning=True)


def missing_locales(parts: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    """Written on one channel and not on another."""
    spoken = [channel for channel in parts if channel not in WORDLESS]
    everywhere = sorted({locale for channel in spoken for locale in parts[channel]})
    for locale in everywhere:
        for channel in spoken:
            if locale not in parts[channel] and locale != DEFAULT_LOCALE:
                message = f"Missing translation: `{locale}`"
                yield Problem(channel, locale, "", message, warning=True)


def attribute_not_of_all(channel: str, locale: str, field: str, name: str, line: int) -> Problem:
    default = f"{{{{ {PERSON}.{name}|default('…') }}}}"
    message = f"Recipients without `{name}` will be skipped: use `{default}`"
    return Problem(
        channel=channel, locale=locale, field=field, message=message, line=line, warning=True
    )


def _rendered(version: Compiled, channel: str, locale: str, sample: Mapping[str, Any]) -> Rendered:
    place.enter(channel, locale, "")
    wanted = "" if locale == DEFAULT_LOCALE else locale
    written = version.parts[channel]
    part = {**written.get(DEFAULT_LOCALE, {}), **written[locale]}
    fixed = frozenset(n for n, _, source in sources(channel, part) if not WRITTEN.search(source))
    try:
        texts = render(version, channel, wanted, sample, "UTC")
    except RenderFailed as error:
        return Rendered(channel, locale, {}, failed=error, fixed=fixed)
    return Rendered(channel, locale, texts, fixed=fixed)


def _lengths(one: Rendered) -> Iterator[Problem]:
    for field, text in one.texts.items():
        most = LONG.get((Channel(one.channel), field)) if one.channel in set(Channel) else None
        if most and len(text) > most:
            message = f"{len(text)} characters with the sample data; more than {most} are cut off"
            yield Problem(one.channel, one.locale, field, message, warning=True)


def _problem(one: Rendered, field: str, why: str) -> Problem:
    """Of what a variable brings, only the sample data are refused."""
    is_fixed = field in one.fixed
    message = why if is_fixed else f"With the sample data: {why}"
    return Problem(*one[:2], field, message, warning=not is_fixed)


def _json(one: Rendered) -> Iterator[Problem]:
    for field, (kind, message) in DOCUMENTS.items():
        text = one.texts.get(field[1], "")
        if one.channel != field[0] or not text:
            continue
        try:
            found = msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
            yield Problem(*one[:2], field[1], f"Invalid JSON with the sample data: {error}")
            continue
        few = not isinstance(found, list) or 0 < len(found) <= MOST_BLOCKS
        if not isinstance(found, kind) or not few:
            yield Problem(*one[:2], field[1], message)
        elif isinstance(found, list) and not all(map(_is_block, found)):
            yield Problem(*one[:2], field[1], "Each block must be a JSON object with a `type`")


def _is_block(value: object) -> bool:
    return isinstance(value, dict) and bool(value.get("type"))


def _sms(one: Rendered) -> Iterator[Problem]:
    found = sms_parts.estimate(sms_parts.prepared(one.texts.get("body", ""), smart=False))
    if found.parts > SEGMENTS_WARN:
        message = f"{found.parts} SMS in {found.encoding} with the sample data"
        too_many = found.parts > SEGMENTS_MOST
        message += f"; at most {SEGMENTS_MOST} are sent" if too_many else ", each billed"
        yield Problem(one.channel, one.locale, "body", message, warning=not too_many)


def _push(one: Rendered) -> Iterator[Problem]:
    data = {name: text for name, text in one.texts.items() if name.startswith("data_")}
    if _size(data) > PUSH_MOST:
        message = f"{_size(data):,} bytes with the sample data; a push takes {PUSH_MOST:,}"
        yield Problem(one.channel, one.locale, "data", message)
    elif _size(one.texts) > PUSH_MOST:
        message = f"{_size(one.texts):,} bytes with the sample data: the body will be cut off"
        yield Problem(one.channel, one.locale, "body", message, warning=True)


def _size(texts: Mapping[str, str]) -> int:
    return len(msgspec.json.encode(texts))
