"""What is wrong with a version's parts, and which variables it needs. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from minijinja import TemplateError

from channels.base import Channel
from channels.locales import InvalidLocale, canonical
from channels.mailbox import InvalidMailbox, mailbox_of
from channels.push_options import keeper_of
from templates import place
from templates.build.flatten import plain
from templates.engine import language
from templates.engine.language import engine, names_in
from templates.engine.problem import Problem as Problem
from templates.engine.problem import refused
from templates.engine.render import sources
from templates.engine.tokens import NotAllowed
from templates.fields import (
    DATA,
    DEFAULT_LOCALE,
    FIELDS,
    PARTIAL,
    REQUIRED,
    SUPPLIED,
    WITH_DATA,
)

MESSAGES = tuple(channel for channel in FIELDS if channel != PARTIAL)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
MAX_LOCALES = 100
WRITTEN = re.compile(r"\{[{%#]")  # by the engine: not the text as it stands


def check(parts: object, channels: Iterable[str] = MESSAGES) -> list[Problem]:
    """Everything that keeps these parts from being published, in their order, partials aside."""
    if not isinstance(parts, dict) or not parts:
        return [Problem("", "", "", "At least one channel is required")]
    known = tuple(channels)
    return [p for name, locales in parts.items() for p in _channel(name, locales, known)]


def check_source(source: str) -> None:
    """Raises NotAllowed, with the line."""
    language.read(source)
    try:
        engine().add_template("text", source)
    except TemplateError as error:
        raise NotAllowed(error.detail or error.message, error.line or 1) from None


def bounded(source: str) -> str:
    """Itself. Raises NotAllowed, before anything reads a text that is too long."""
    if len(source) > language.MAX_SOURCE:
        raise NotAllowed(f"Longer than {language.MAX_SOURCE} characters", 1)
    return source


def declared_variables(parts: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[str]:
    """The names every request must give, sorted: all that any text uses, less those that some
    text asks for with `|default` or `is defined`, and what we supply. Of parts without problems."""
    used, optional = set[str](), set[str]()
    for channel, locales in parts.items():
        for part in locales.values():
            for _, _, source in sources(channel, part):
                used |= names_in(source)
                optional |= language.read(source).optional
    return sorted(used - optional - SUPPLIED)


def _channel(channel: str, locales: object, known: tuple[str, ...]) -> Iterator[Problem]:
    if channel not in known:
        yield Problem(channel, "", "", f"No such channel; there are {', '.join(known)}")
        return
    if not isinstance(locales, dict) or DEFAULT_LOCALE not in locales:
        yield Problem(channel, "", "", f"A text for the locale `{DEFAULT_LOCALE}` is needed")
    if not isinstance(locales, dict):
        return
    if len(locales) > MAX_LOCALES:
        yield Problem(channel, "", "", f"More than {MAX_LOCALES} locales")
        return
    for locale, part in locales.items():
        if locale != DEFAULT_LOCALE:
            yield from _locale(channel, locale, locales)
        yield from _part(channel, locale, part)


def _locale(channel: str, locale: str, known: Iterable[str]) -> Iterator[Problem]:
    """What somebody's locale cannot be would never be read, and of two names for one only one."""
    try:
        tag = canonical(locale)
    except InvalidLocale as error:
        yield Problem(channel, locale, "", str(error))
        return
    twin = next(name for name in known if name == locale or _is_the_same(name, tag))
    if twin != locale:
        yield Problem(channel, locale, "", f"`{locale}` and `{twin}` are the same language")


def _is_the_same(name: str, tag: str) -> bool:
    try:
        return canonical(name) == tag
    except InvalidLocale:
        return False


def _part(channel: str, locale: str, part: object) -> Iterator[Problem]:
    if not isinstance(part, dict):
        yield Problem(channel, locale, "", "Must be an object of fields")
        return
    data = part.get(DATA, {})
    texts = {name: source for name, source in part.items() if name != DATA}
    known = [*FIELDS[channel], *([DATA] if channel in WITH_DATA else [])]
    for field, source in texts.items():
        if field not in FIELDS[channel]:
            yield Problem(channel, locale, field, f"No such field; there are {', '.join(known)}")
        else:
            yield from _source(channel, locale, field, source)
    if DATA in part and (channel not in WITH_DATA or not isinstance(data, dict)):
        yield Problem(
            channel, locale, DATA, "Must be an object, and on push, inbox or webhook only"
        )
    elif isinstance(data, dict):
        for name, source in data.items():
            yield from _datum(channel, locale, name, source)
    for group in REQUIRED[channel]:
        if not any(part.get(field) for field in group):
            yield Problem(channel, locale, group[0], f"Write {' or '.join(group)}")


def _datum(channel: str, locale: str, name: str, source: object) -> Iterator[Problem]:
    field = f"{DATA}.{name}"
    keeper = keeper_of(name) if channel == Channel.PUSH else ""
    if keeper:
        message = f"{keeper} keeps the name `{name[:40]}` for itself: choose another"
        yield Problem(channel, locale, field, message)
    elif not NAME.fullmatch(name):
        yield Problem(channel, locale, field, "A name has letters, digits and _ only")
    yield from _source(channel, locale, field, source)


def _source(channel: str, locale: str, field: str, source: object) -> Iterator[Problem]:
    place.enter(channel, locale, field)
    if not isinstance(source, str):
        yield Problem(channel, locale, field, "Must be a text")
        return
    if "\0" in source:  # Postgres stores none
        yield Problem(channel, locale, field, "A zero character is not allowed")
        return
    try:
        check_source(plain(bounded(source)))
    except NotAllowed as error:
        yield refused(channel, locale, field, error)
    kind = FIELDS[channel].get(field)
    if kind and kind.mailbox and source.strip() and not WRITTEN.search(source):
        yield from _mailbox(channel, locale, field, source.strip())


def _mailbox(channel: str, locale: str, field: str, text: str) -> Iterator[Problem]:
    """One that has variables is checked with them, when a request gives them."""
    try:
        mailbox_of(text)
    except InvalidMailbox as error:
        yield Problem(channel, locale, field, str(error))
