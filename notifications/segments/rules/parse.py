"""JSON into the tree of a segment's rules. Pure.

What is wrong is told all at once, each by its place: `rules.all[1].within_days`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from channels.base import Channel
from notifications.segments.rules import values
from notifications.segments.rules.tree import (
    ACTIVITIES,
    RECEIVED,
    Activity,
    Attribute,
    Created,
    Every,
    InSegment,
    Leaf,
    Locale,
    Node,
    Not,
    Reachable,
    Some,
    Timezone,
    Uploaded,
)

DEPTH_MOST = 6
LEAVES_MOST = 50
ACTIVITY_DAYS = 180  # how long activity is kept
ACTIVITY_DEFAULT = 30
OCCASIONS_MOST = 1_000
BIGINT_MOST = 2**63 - 1

GROUPS: dict[str, type[Every] | type[Some]] = {"all": Every, "any": Some}
CHANNELS = tuple(channel.value for channel in Channel)


class WrongRules(ValueError):
    """`problems` is {path: what to mend}, at least one."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{path}: {text}" for path, text in problems.items()))
        self.problems = dict(problems)


def read(rules: object) -> Node:
    """Raises WrongRules."""
    reader = _Reader()
    node = reader.everybody(rules) or reader.node(rules, "rules", 1)
    if reader.leaves > LEAVES_MOST:
        reader.wrong("rules", f"Must have at most {LEAVES_MOST} conditions.")
    if reader.problems or node is None:
        raise WrongRules(reader.problems)
    return node


class _Reader:
    """Remembers what is wrong and goes on."""

    def __init__(self) -> None:
        self.problems: dict[str, str] = {}
        self.leaves = 0

    def wrong(self, path: str, text: str) -> None:
        self.problems.setdefault(path, text)

    def everybody(self, rules: object) -> Node | None:
        return Every("rules", ()) if rules == {"all": []} else None

    def node(self, value: object, path: str, depth: int) -> Node | None:
        if self.leaves > LEAVES_MOST:
            return None
        if depth > DEPTH_MOST:
            self.wrong(path, f"Must be nested at most {DEPTH_MOST} levels deep.")
            return None
        kind = _kind(value)
        if kind is None or not isinstance(value, dict):
            self.wrong(path, f"Must be an object with one of {', '.join(KINDS)}.")
            return None
        if kind in GROUPS:
            return self.group(value, kind, path, depth)
        if kind == "not":
            self.only(value, {"not"}, path)
            part = self.node(value["not"], f"{path}.not", depth + 1)
            return Not(path, part) if part else None
        self.leaves += 1
        return LEAVES[kind](self, value, path)

    def group(self, value: dict[str, Any], kind: str, path: str, depth: int) -> Node | None:
        self.only(value, {kind}, path)
        inside, here = value[kind], f"{path}.{kind}"
        if not isinstance(inside, list) or not inside:
            self.wrong(here, "Must be a list of at least one condition.")
            return None
        parts = [self.node(part, f"{here}[{i}]", depth + 1) for i, part in enumerate(inside)]
        return GROUPS[kind](path, tuple(part for part in parts if part))

    def only(self, value: dict[str, Any], allowed: set[str], path: str) -> None:
        for name in value:
            if name not in allowed:
                self.wrong(f"{path}.{name}"[:200], "Unknown field.")

    def value(self, given: object, check: Callable[[object], Any], path: str) -> Any:
        try:
            return check(given)
        except ValueError as error:
            self.wrong(path, str(error))
            return None

    def field(
        self, value: dict[str, Any], name: str, check: Callable[[object], Any], path: str
    ) -> Any:
        return self.value(value[name], check, f"{path}.{name}")

    def operator(
        self, value: dict[str, Any], known: dict[str, Callable[[object], Any]], path: str
    ) -> tuple[str, Any] | None:
        """The one operator among these names, with its value."""
        found = [name for name in value if name in known]
        if len(found) != 1:
            self.wrong(path, f"Must have exactly one of {', '.join(known)}.")
            return None
        return found[0], self.field(value, found[0], known[found[0]], path)


def _kind(value: object) -> str | None:
    found = [name for name in value if name in KINDS] if isinstance(value, dict) else []
    return found[0] if len(found) == 1 else None


def _attribute(reader: _Reader, value: dict[str, Any], path: str) -> Leaf | None:
    reader.only(value, {"attribute", *values.OPERATORS}, path)
    name = reader.field(value, "attribute", values.text, path)
    found = reader.operator(value, values.OPERATORS, path)
    return Attribute(path, name, *found) if found else None


def _locale(reader: _Reader, value: dict[str, Any], path: str) -> Leaf | None:
    reader.only(value, {"locale"}, path)
    tags = reader.field(value, "locale", values.one_or_several(values.tag), path)
    return Locale(path, tags)


def _timezone(reader: _Reader, value: dict[str, Any], path: str) -> Leaf | None:
    reader.only(value, {"timezone"}, path)
    names = reader.field(value, "timezone", values.one_or_several(values.zone), path)
    return Timezone(path, names)


def _reachable(reader: _Reader, value: dict[str, Any], path: str) -> Leaf | None:
    reader.only(value, {"reachable"}, path)
    return Reachable(path, reader.field(value, "reachable", values.one_of(CHANNELS), path))


def _created(reader: _Reader, value: dict[str, Any], path: str) -> Leaf | None:
    reader.only(value, {"created"}, path)
    inside, here = value["created"], f"{path}.created"
    if not isinstance(inside, dict):
        reader.wrong(here, f"Must be an object with one of {', '.join(values.CREATED)}.")
        return None
    reader.only(inside, set(values.CREATED), here)
    found = reader.operator(inside, values.CREATED, here)
    return Created(path, *found) if found else None


def _activity(reader: _Reader, value: dict[str, Any], path: str) -> Leaf | None:
    reader.only(value, {"activity", *ACTIVITY}, path)
    kind = reader.field(value, "activity", values.one_of(ACTIVITIES), path)
    said = {
        name: reader.field(value, name, ACTIVITY[name], path) for name in ACTIVITY & value.keys()
    }
    if kind == RECEIVED and "at_least" in said:
        reader.wrong(
            f"{path}.at_least", "`at_least` cannot be combined with the activity `received`."
        )
    return Activity(
        path=path,
        kind=kind,
        within_days=said.get("within_days", ACTIVITY_DEFAULT),
        type=said.get("type", ""),
        campaign=said.get("campaign", 0),
        at_least=said.get("at_least", 1),
    )


def _segment(reader: _Reader, value: dict[str, Any], path: str) -> Leaf | None:
    reader.only(value, {"segment"}, path)
    return InSegment(path, reader.field(value, "segment", values.slug, path))


def _uploaded(reader: _Reader, value: dict[str, Any], path: str) -> Leaf | None:
    reader.only(value, {"member_of_upload"}, path)
    if value["member_of_upload"] is not True:
        reader.wrong(
            f"{path}.member_of_upload", "Must be true; use `not` for people outside the upload."
        )
    return Uploaded(path)


ACTIVITY: dict[str, Callable[[object], Any]] = {
    "within_days": values.whole(0, ACTIVITY_DAYS),
    "type": values.slug,
    "campaign": values.whole(1, BIGINT_MOST),
    "at_least": values.whole(1, OCCASIONS_MOST),
}
LEAVES: dict[str, Callable[[_Reader, dict[str, Any], str], Leaf | None]] = {
    "attribute": _attribute,
    "locale": _locale,
    "timezone": _timezone,
    "reachable": _reachable,
    "created": _created,
    "activity": _activity,
    "segment": _segment,
    "member_of_upload": _uploaded,
}
KINDS = (*GROUPS, "not", *LEAVES)
