"""The JSON Schema of a version's variables: inferred from its text, and held against it. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from templates.build.variables_used import EACH, Path, Use
from templates.fields import SUPPLIED

Schema = dict[str, Any]
DEEPEST = 8  # names of a path: `a.b.c`; what stands deeper may be anything
TYPES: dict[str, Schema] = {
    "array": {"type": "array"},
    "object": {"type": "object"},
    "numeric": {"type": ["number", "string"]},
    "temporal": {"type": ["string", "number"], "format": "date-time"},
}


class _Node:
    """What the uses say of one name."""

    def __init__(self) -> None:
        self.kinds: set[str] = set()
        self.optional = False
        self.below: dict[str, _Node] = {}

    def schema(self) -> Schema:
        fields = {name: node for name, node in self.below.items() if name != EACH}
        each = self.below.get(EACH)
        if each and fields:
            return {}  # used as both
        if each:
            return {"type": "array", "items": each.schema()}
        if fields:
            required = sorted(name for name, node in fields.items() if not node.optional)
            found = {
                "type": "object",
                "properties": {n: fields[n].schema() for n in sorted(fields)},
            }
            return {**found, "required": required} if required else found
        return dict(TYPES[min(self.kinds)]) if len(self.kinds) == 1 else {}


def infer(used: Iterable[Use]) -> Schema:
    """What a request must give so that every text can be written."""
    root = _Node()
    for use in used:
        if use.path[0] in SUPPLIED:
            continue
        node = root
        for name in use.path[:DEEPEST]:
            node = node.below.setdefault(name, _Node())
        node.optional |= use.optional
        node.kinds |= {use.kind} - {""} if len(use.path) <= DEEPEST else set()
    return {"type": "object", "properties": {}, **root.schema()}


def undeclared(schema: Mapping[str, Any], used: Iterable[Use]) -> Iterator[Use]:
    """Uses of names the schema says nothing of, each once."""
    seen = set()
    for use in used:
        if use.path in seen or use.path[0] in SUPPLIED:
            continue
        seen.add(use.path)
        if not _declares(schema, use.path):
            yield use


def unused(schema: Mapping[str, Any], used: Iterable[Use]) -> list[str]:
    """Names declared at the top that no text uses."""
    names = {use.path[0] for use in used}
    return [name for name in schema.get("properties", {}) if name not in names]


def _declares(schema: Any, path: Path) -> bool:
    """Only where a schema lists what there is; where it is open or refers elsewhere, anything."""
    for name in path:
        if not isinstance(schema, Mapping):
            return True
        if name == EACH:
            schema = schema.get("items")
            continue
        properties = schema.get("properties")
        if not isinstance(properties, Mapping):
            return True
        if name not in properties:
            return isinstance(schema.get("additionalProperties"), Mapping)
        schema = properties[name]
    return True
