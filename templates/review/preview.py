"""A text as somebody would get it, and what it would take. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from channels import sms_parts
from channels.base import Channel
from templates.engine.render import Compiled, RenderFailed, choose_locale, render
from templates.fields import DEFAULT_LOCALE, PREFERENCES_URL, UNSUBSCRIBE_URL, WHY_URL

# In the place of links that only a delivery has.
LINKS = {
    UNSUBSCRIBE_URL: "https://example.com/u/unsubscribe",
    PREFERENCES_URL: "https://example.com/p/preferences",
    WHY_URL: "https://example.com/w/why",
}


class Sms(Struct):
    """The parts of an SMS, as carriers bill them."""

    encoding: str
    parts: int
    characters: int


class Shown(Struct, kw_only=True):
    """The preview of one channel. `locale`: the one in use. `problem`: why there is no preview."""

    channel: str
    locale: str
    fields: dict[str, str] = {}
    problem: str = ""
    sms: Sms | None = None
    bytes: int = 0


def shown(
    built: Mapping[str, Mapping[str, Mapping[str, Any]]],
    variables: Mapping[str, Any],
    *,
    locale: str = "",
    zone: str = "UTC",
    channels: Iterable[str] = (),
) -> list[Shown]:
    """Of what is written on each channel, or on those asked for."""
    wanted = set(channels)
    return list(_shown(Compiled(built), {**LINKS, **variables}, locale, zone, wanted))


def _shown(
    version: Compiled, variables: Mapping[str, Any], locale: str, zone: str, wanted: set[str]
) -> Iterator[Shown]:
    for channel, locales in version.parts.items():
        if not locales or (wanted and channel not in wanted):
            continue
        chosen = choose_locale(locales, "" if locale == DEFAULT_LOCALE else locale)
        try:
            fields = render(version, channel, locale, variables, zone)
        except RenderFailed as error:
            yield Shown(channel=channel, locale=chosen, problem=str(error))
            continue
        size = sum(len(text.encode("utf-8", "replace")) for text in fields.values())
        sms = _sms(fields.get("body", "")) if channel == Channel.SMS else None
        yield Shown(channel=channel, locale=chosen, fields=fields, sms=sms, bytes=size)


def _sms(body: str) -> Sms:
    text = sms_parts.prepared(body, smart=False)
    found = sms_parts.estimate(text)
    return Sms(found.encoding, found.parts, len(text))
