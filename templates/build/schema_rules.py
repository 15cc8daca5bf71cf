"""Which JSON Schemas a template may have: a subset whose cost is known before it is used. Pure.

Every rule is applied to a value once at most, so holding variables against a schema takes about
the values times the rules that meet at one place. A `$ref` that leads back to itself, or rules that
multiply by being referred to again and again, would have no such bound.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import msgspec

LARGEST = 32 * 1024  # bytes of JSON
DEEPEST = 20  # rules inside rules
DEEPEST_JSON = 64
MOST_RULES = 2_000  # with what a `$ref` leads to counted wherever it stands
MOST_AT_ONE_PLACE = 50  # that one value is held against
MOST_OPTIONS = 500  # of an `enum`
MOST_PATTERNS = 20
LONGEST_PATTERN = 500
LONGEST_SHOWN = 40

Rules = Mapping[str, Any]
DEFINITIONS = ("$defs", "definitions")
# Whose rules are held against the very same value.
SAME_ONE = frozenset({"not", "if", "then", "else", "propertyNames", "contains"})
SAME_LIST = frozenset({"allOf", "anyOf", "oneOf"})
SAME_NAMED = frozenset({"patternProperties", "dependentSchemas"})
# Whose rules are held against what is inside it.
INSIDE_ONE = frozenset({"items", "additionalProperties"})
INSIDE_LIST = frozenset({"prefixItems"})
INSIDE_NAMED = frozenset({"properties"})
ONE, MANY = SAME_ONE | INSIDE_ONE, SAME_LIST | INSIDE_LIST
NAMED = SAME_NAMED | INSIDE_NAMED
INSIDE = INSIDE_ONE | INSIDE_LIST | INSIDE_NAMED
# They name places or look at a value again; what no draft knows is a remark.
REFUSED = frozenset(
    "$id $anchor $dynamicRef $dynamicAnchor $recursiveRef $recursiveAnchor $vocabulary "
    "dependencies additionalItems unevaluatedItems unevaluatedProperties".split()
)


class TooCostly(ValueError):
    """The message says what to take out."""


def check(schema: Rules) -> int:
    """How many rules it has. Raises TooCostly."""
    if depth_over(schema, DEEPEST_JSON) or len(msgspec.json.encode(schema)) > LARGEST:
        raise TooCostly("Too large or nested too deeply")
    reader = _Reader(schema)
    for address in reader.definitions:
        reader.referred(address, ())
    return reader.cost(schema, ("#",)).rules


def sound_definitions(schema: Rules) -> set[str]:
    """Which of its `$defs` keep the rules, each with all it refers to: `#/$defs/address`."""
    reader, found = _Reader(schema), set()
    for address, rule in reader.definitions.items():
        with suppress(TooCostly):
            if not depth_over(rule, DEEPEST_JSON):
                reader.referred(address, ())
                found.add(address)
    return found


def depth_over(value: object, most: int) -> bool:
    """Whether lists and objects stand deeper inside one another, without descending further."""
    level: list[object] = [value]
    for _ in range(most + 1):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: object) -> list[object]:
    found = (
        value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    )
    return [inner for inner in found if isinstance(inner, Mapping | list)]


class _Cost:
    """Rules in all, those that meet at the value itself, and how deep they stand in another."""

    __slots__ = ("at_one_place", "height", "rules")

    def __init__(self) -> None:
        self.rules = self.at_one_place = self.height = 1

    def add(self, inner: "_Cost", *, inside: bool) -> None:
        """Raises TooCostly."""
        self.rules += inner.rules
        self.at_one_place += 0 if inside else inner.at_one_place
        self.height = max(self.height, inner.height + 1)
        if self.height > DEEPEST:
            raise TooCostly(f"Rules must be nested at most {DEEPEST} levels deep")
        if self.rules > MOST_RULES:
            raise TooCostly(f"More than {MOST_RULES:,} rules, those of each `$ref` counted")
        if self.at_one_place > MOST_AT_ONE_PLACE:
            raise TooCostly(f"More than {MOST_AT_ONE_PLACE} rules for one value (`anyOf`, `allOf`)")


class _Reader:
    def __init__(self, schema: Rules) -> None:
        self.definitions = {f"#/{name}": inner for name, inner in _definitions(schema)}
        self.known: dict[str, _Cost] = {}
        self.patterns = 0

    def cost(self, schema: object, above: tuple[str, ...]) -> _Cost:
        if isinstance(schema, bool):
            return _Cost()
        if not isinstance(schema, Mapping):
            raise TooCostly("A rule must be an object, true or false")
        self.plain(schema)
        found = _Cost()
        for keyword, rule in _below(schema):
            found.add(self.cost(rule, above), inside=keyword in INSIDE)
        if "$ref" in schema:
            found.add(self.referred(schema["$ref"], above), inside=False)
        return found

    def referred(self, address: object, above: tuple[str, ...]) -> _Cost:
        if not isinstance(address, str) or address not in self.definitions:
            shown = str(address)[:LONGEST_SHOWN]
            raise TooCostly(
                f"A `$ref` may lead to a place in the schema only, to `#/$defs/…`: not to `{shown}`"
            )
        if address in above:
            raise TooCostly(f"`{address[:LONGEST_SHOWN]}` refers to itself by a `$ref`")
        if len(above) > DEEPEST:  # before this descends further: it calls itself
            raise TooCostly(f"Rules must be nested at most {DEEPEST} levels deep")
        if address not in self.known:
            rule = self.definitions[address]
            self.known[address] = self.cost(rule, (*above, address))
        return self.known[address]

    def plain(self, schema: Rules) -> None:
        for keyword in schema:
            if keyword in REFUSED:
                raise TooCostly(f"The keyword `{keyword}` is not supported here")
        if isinstance(schema.get("enum"), list) and len(schema["enum"]) > MOST_OPTIONS:
            raise TooCostly(f"An `enum` must have at most {MOST_OPTIONS} options")
        named = schema.get("patternProperties")
        own = [schema["pattern"]] if "pattern" in schema else []
        for pattern in [*own, *(named if isinstance(named, Mapping) else ())]:
            self.patterns += 1
            if self.patterns > MOST_PATTERNS or len(str(pattern)) > LONGEST_PATTERN:
                raise TooCostly(
                    f"At most {MOST_PATTERNS} patterns of {LONGEST_PATTERN} characters each"
                )


def _definitions(schema: Rules) -> Iterator[tuple[str, object]]:
    for group in DEFINITIONS:
        named = schema.get(group)
        if isinstance(named, Mapping):
            yield from ((f"{group}/{name}", inner) for name, inner in named.items())


def _below(schema: Rules) -> Iterator[tuple[str, object]]:
    for keyword, rule in schema.items():
        if keyword in ONE:
            yield keyword, rule
        elif keyword in MANY:
            yield from ((keyword, inner) for inner in (rule if isinstance(rule, list) else (rule,)))
        elif keyword in NAMED:
            inside = rule.values() if isinstance(rule, Mapping) else (rule,)
            yield from ((keyword, inner) for inner in inside)
