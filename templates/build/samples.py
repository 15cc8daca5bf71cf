"""Sample variables to preview a text with, until somebody writes better ones. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from templates.build.variables_used import Use
from templates.fields import PERSON

MOMENT = "2026-06-27T16:30:00Z"
MAILBOX = "ada@example.com"
URL = "https://example.com/"
DEEPEST = 20
DOUBLED = 4
PERSON_SAMPLE = {"id": "user-123", "locale": "", "timezone": "UTC"}


def sample_of(schema: Mapping[str, Any], used: Iterable[Use] = ()) -> dict[str, Any]:
    """Of every declared variable one value; of `person`, the attributes the text uses."""
    found = {name: _value(name, inner, 0) for name, inner in _properties(schema).items()}
    attributes = {use.path[1] for use in used if use.path[0] == PERSON and len(use.path) > 1}
    if attributes:
        own = {name: name.replace("_", " ") for name in sorted(attributes)}
        found[PERSON] = {**own, **PERSON_SAMPLE}
    return found


def _value(name: str, schema: Any, depth: int) -> Any:
    if not isinstance(schema, Mapping) or depth > DEEPEST:
        return name
    for key in ("examples", "enum"):
        if isinstance(schema.get(key), list) and schema[key]:
            return schema[key][0]
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    return _of_type(name, schema, depth)


def _of_type(name: str, schema: Mapping[str, Any], depth: int) -> Any:
    kinds = schema.get("type")
    kind = kinds[0] if isinstance(kinds, list) and kinds else kinds
    match kind:
        case "object":
            inner = _properties(schema).items()
            return {key: _value(key, value, depth + 1) for key, value in inner}
        case "array":
            each = schema.get("items", {})
            many = 2 if depth < DOUBLED else 1  # lists in lists would double each time
            return [_value(name.removesuffix("s"), each, depth + 1) for _ in range(many)]
        case "number":
            return 12.5
        case "integer":
            return 3
        case "boolean":
            return True
        case _:
            return _text(name, str(schema.get("format", "")))


def _text(name: str, format_: str) -> str:
    if format_ in ("date-time", "time"):
        return MOMENT
    if format_ == "date":
        return MOMENT[:10]
    if format_ in ("email", "idn-email") or name.endswith(("email", "mail", "reply_to")):
        return MAILBOX
    if format_ == "uri" or name.endswith(("url", "link")):
        return URL
    return name.replace("_", " ")


def _properties(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    found = schema.get("properties")
    return found if isinstance(found, Mapping) else {}
