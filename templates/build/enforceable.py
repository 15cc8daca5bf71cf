"""What can still be enforced of a schema that was published before there were bounds. Pure.

Rules are taken out whole, and only where that lets more variables pass and never fewer: each
property's, and each rule of the whole. What is left keeps every bound of `schema_rules`.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from templates.build.schema_rules import DEFINITIONS, sound_definitions
from templates.build.validate import InvalidSchema, Validator

LARGEST = 256 * 1024  # bytes; of a larger schema nothing is enforced
# `then` and `else` say nothing without `if`, and `additionalProperties` looks at its neighbours.
TOGETHER = (("if", "then", "else"), ("patternProperties", "additionalProperties"))
MOST_SHOWN = 10

Rules = Mapping[str, Any]


class Enforceable(NamedTuple):
    schema: dict[str, Any]
    left_out: tuple[str, ...]  # `properties.tree`, `unevaluatedProperties`

    def __str__(self) -> str:
        more = len(self.left_out) - MOST_SHOWN
        shown = ", ".join(self.left_out[:MOST_SHOWN])
        return f"{shown} and {more} more" if more > 0 else shown


class _Piece(NamedTuple):
    name: str  # as in `left_out`
    rules: Rules
    variable: str | None = None  # whose rule it is

    def opened(self) -> "_Piece":
        """Any value passes; `additionalProperties` still knows the name."""
        return self._replace(rules={"properties": {self.variable: True}})


def enforceable(schema: Rules) -> Enforceable:
    """Returns the part of a schema that is within the bounds, and the names of what is left out."""
    if not _is_readable(schema):
        return Enforceable({"type": "object"}, ("all of it",))
    definitions = _definitions(schema)
    pieces = list(_pieces(schema))
    sound = [piece for piece in pieces if _fits([piece], definitions)]
    opened = [p.opened() for p in pieces if p.variable is not None and p not in sound]
    kept = _together([*sound, *opened], definitions)
    if len({p.variable for p in kept}) < len({p.variable for p in pieces}):
        kept = [piece for piece in kept if "additionalProperties" not in piece.rules]
    names = {piece.name for piece in kept if piece not in opened}
    left_out = tuple(piece.name for piece in pieces if piece.name not in names)
    return Enforceable(_joined(kept, definitions), left_out)


def _is_readable(schema: Rules) -> bool:
    try:
        return len(msgspec.json.encode(schema)) <= LARGEST
    except RecursionError:
        return False


def _definitions(schema: Rules) -> dict[str, Any]:
    """Those that keep the rules by themselves; whatever refers to another one is left out."""
    sound = sound_definitions(schema)
    return {
        group: {name: rule for name, rule in named.items() if f"#/{group}/{name}" in sound}
        for group in DEFINITIONS
        if isinstance(named := schema.get(group), Mapping)
    }


def _pieces(schema: Rules) -> Iterator[_Piece]:
    groups = {keyword: group for group in TOGETHER for keyword in group}
    done = {"type", *DEFINITIONS}
    properties = schema.get("properties")
    if isinstance(properties, Mapping):
        done.add("properties")
        for name, rule in properties.items():
            yield _Piece(f"properties.{name}", {"properties": {name: rule}}, name)
    for keyword in schema:
        if keyword not in done:
            group = groups.get(keyword, (keyword,))
            done.update(group)
            yield _Piece(keyword, {name: schema[name] for name in group if name in schema})


def _together(pieces: Sequence[_Piece], definitions: Rules) -> list[_Piece]:
    """As many as fit, small ones first. The more, the costlier: so they are found by halves."""
    ordered = sorted(pieces, key=lambda piece: len(msgspec.json.encode(piece.rules)))
    counts = range(1, len(ordered) + 1)
    most = bisect_left(counts, True, key=lambda n: not _fits(ordered[:n], definitions))
    return ordered[:most]


def _fits(pieces: Sequence[_Piece], definitions: Rules) -> bool:
    refers = any(b'"$ref"' in msgspec.json.encode(piece.rules) for piece in pieces)
    try:
        Validator(_joined(pieces, definitions if refers else {}))
    except InvalidSchema:
        return False
    return True


def _joined(pieces: Iterable[_Piece], definitions: Rules) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    found: dict[str, Any] = {"type": "object", **definitions, "properties": properties}
    for piece in pieces:
        properties |= piece.rules["properties"] if piece.variable is not None else {}
        found |= piece.rules if piece.variable is None else {}
    return found
