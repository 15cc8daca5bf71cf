"""Fields for the variables of a text, by its JSON Schema, instead of raw JSON. Pure.

What a field cannot show, a list or an object, is a small piece of JSON of its own.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from templates.build.schema_rules import DEEPEST_JSON, depth_over

Kind = Literal["text", "number", "whole", "yes", "choice", "json"]
Schema = Mapping[str, Any]
LARGEST_WHOLE = 10**18 - 1
NO_NUL = "Text must not contain the character U+0000."


@dataclass(frozen=True, slots=True)
class VariableField:
    name: str
    kind: Kind
    required: bool
    help: str = ""
    choices: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return self.name.replace("_", " ")


def variable_fields(schemas: Iterable[Schema]) -> list[VariableField]:
    """Of all variants together; what one of them needs is needed."""
    found: dict[str, VariableField] = {}
    for schema in schemas:
        required = set(schema.get("required") or ())
        for name, inner in (schema.get("properties") or {}).items():
            field = _field(name, inner, name in required)
            known = found.get(name)
            if known is None or (field.required and not known.required):
                found[name] = field
    return sorted(found.values(), key=lambda field: (not field.required, field.name))


def read(field: VariableField, text: str) -> Any:
    """None: nothing was said. Raises ValueError with words for the field."""
    text = text.strip()
    if "\0" in text:
        raise ValueError(NO_NUL)
    if field.kind == "yes":
        return text == "yes" if text else None
    if not text:
        return None
    match field.kind:
        case "number":
            return _number(text)
        case "whole":
            return _whole(text)
        case "json":
            return _json(text)
        case "choice":
            return next((each for each in field.choices if each == text), text)
    return text


def written(field: VariableField, value: Any) -> str:
    """As the field shows it."""
    if value is None:
        return ""
    if field.kind == "yes":
        return "yes" if value else "no"
    if field.kind == "json":
        return json.dumps(value, ensure_ascii=False, indent=2)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _field(name: str, schema: Any, required: bool) -> VariableField:
    if not isinstance(schema, Mapping):
        return VariableField(name, "text", required)
    enum = schema.get("enum")
    help_ = str(schema.get("description") or schema.get("title") or "")
    if isinstance(enum, list) and enum and all(isinstance(each, str) for each in enum):
        return VariableField(
            name=name, kind="choice", required=required, help=help_, choices=tuple(enum)
        )
    return VariableField(name, _kind(schema.get("type")), required, help_)


def _kind(type_: Any) -> Kind:
    kinds = set(type_) if isinstance(type_, list) else {type_}
    if "string" in kinds or kinds == {None}:
        return "text"
    known: dict[str, Kind] = {"number": "number", "integer": "whole", "boolean": "yes"}
    kinds -= {"null"}
    return known.get(str(next(iter(kinds), "")), "json") if len(kinds) == 1 else "json"


def _number(text: str) -> int | float:
    if text.lstrip("-").isdecimal():
        return _whole(text)
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):  # JSON has neither
        raise ValueError("Enter a number such as 12.5.")
    return number


def _whole(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise ValueError("Enter a whole number.") from None
    if abs(number) > LARGEST_WHOLE:
        raise ValueError("Enter a whole number of at most 18 digits.")
    return number


def _json(text: str) -> Any:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        raise ValueError('Enter JSON such as [1, 2] or {"name": "Ada"}.') from None
    if depth_over(found, DEEPEST_JSON):
        raise ValueError("These lists and objects are nested too deeply.")
    if "\\u0000" in text and b"\\u0000" in msgspec.json.encode(found).replace(b"\\\\", b""):
        raise ValueError(NO_NUL)
    return found
