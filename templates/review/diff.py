"""What has changed between two versions, by channel, locale and field, line by line. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal, NamedTuple

from templates.fields import DATA, DEFAULT_LOCALE, FIELDS

MOST_LINES = 2_000  # of one field; longer ones are shown as a whole
CONTEXT = 3  # unchanged lines around a change

Parts = Mapping[str, Mapping[str, Mapping[str, Any]]]
Mark = Literal["same", "gone", "new", "skipped"]


class Line(NamedTuple):
    """`before` and `after` are its numbers in either text; 0 where it is not in it."""

    mark: Mark
    text: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Change:
    channel: str
    locale: str
    field: str
    before: str
    after: str

    @property
    def texts(self) -> tuple[str, str]:
        return self.before, self.after


def lines_of(before: str, after: str) -> list[Line]:
    """Returns the lines that differ, with a few around them."""
    return list(_shortened(list(_lines(before.splitlines(), after.splitlines()))))


def whole(before: str, after: str) -> list[Line]:
    """All of both, where finding what has changed would take too long."""
    return list(_shortened(list(_whole(before.splitlines(), after.splitlines()))))


def changes(
    before: Parts,
    after: Parts,
    *,
    schemas: tuple[Mapping[str, Any] | None, Mapping[str, Any] | None] = (None, None),
) -> list[Change]:
    """In the order of the editor; the schema last."""
    old, new = _flat(before), _flat(after)
    places = sorted({**old, **new}, key=lambda place: _order(*place))
    found = [
        Change(*place, old.get(place, ""), new.get(place, ""))
        for place in places
        if old.get(place, "") != new.get(place, "")
    ]
    if schemas[0] != schemas[1]:
        found.append(Change("", "", "schema", *map(_json, schemas)))
    return found


def _flat(parts: Parts) -> dict[tuple[str, str, str], str]:
    return {
        (channel, locale, field): text
        for channel, locales in _of(parts)
        for locale, part in _of(locales)
        for field, text in _fields(part)
    }


def _order(channel: str, locale: str, field: str) -> tuple[Any, ...]:
    """As the editor has them: what was stored is in no order."""
    names = list(FIELDS.get(channel, ()))
    place = names.index(field) if field in names else len(names)
    channels = list(FIELDS)
    at = channels.index(channel) if channel in channels else len(channels)
    return at, locale != DEFAULT_LOCALE, locale, place, field


def _of(value: object) -> Iterator[tuple[str, Any]]:
    """A draft may have any shape."""
    return iter(value.items()) if isinstance(value, Mapping) else iter(())


def _fields(part: object) -> Iterator[tuple[str, str]]:
    for field, source in _of(part):
        if field == DATA and isinstance(source, Mapping):
            yield from ((f"{DATA}.{name}", str(text)) for name, text in source.items())
        else:
            yield field, str(source)


def _json(schema: Mapping[str, Any] | None) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) if schema else ""


def _lines(before: list[str], after: list[str]) -> Iterator[Line]:
    if len(before) + len(after) > MOST_LINES:
        yield from _whole(before, after)
        return
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from (Line("same", before[a + n], a + n + 1, c + n + 1) for n in range(b - a))
            continue
        yield from (Line("gone", before[at], at + 1, 0) for at in range(a, b))
        yield from (Line("new", after[at], 0, at + 1) for at in range(c, d))


def _whole(before: list[str], after: list[str]) -> Iterator[Line]:
    yield from (Line("gone", text, at, 0) for at, text in enumerate(before, 1))
    yield from (Line("new", text, 0, at) for at, text in enumerate(after, 1))


def _shortened(lines: list[Line]) -> Iterator[Line]:
    """Of what stayed, only what is near a change."""
    near = {
        at + away
        for at, line in enumerate(lines)
        if line.mark != "same"
        for away in range(-CONTEXT, CONTEXT + 1)
    }
    skipped = False
    for at, line in enumerate(lines):
        if at in near:
            yield line
        elif not skipped:
            yield Line("skipped", "", 0, 0)
        skipped = at not in near
