"""Variables held against a version's schema: compiled once, then half a microsecond. Pure."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jsonschema_rs
from jsonschema_rs import ValidationErrorKind as Kind

from templates.build.schema import refers_outside, too_large

MOST_ERRORS = 20
LINEAR = jsonschema_rs.RegexOptions()  # no pattern of an author's takes longer than its text

# Of our own: the library's messages quote the value.
WORDS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (Kind.Type, lambda kind: f"Must be {_one_of(kind.types)}."),
    (Kind.Enum, lambda kind: f"Must be one of {', '.join(map(str, kind.options))}."),
    (Kind.MinLength, lambda kind: f"Must have {kind.limit} characters at least."),
    (Kind.MaxLength, lambda kind: f"May have {kind.limit} characters at most."),
    (Kind.MinItems, lambda kind: f"Must have {kind.limit} items at least."),
    (Kind.MaxItems, lambda kind: f"May have {kind.limit} items at most."),
    (Kind.Minimum, lambda kind: f"Must be {kind.limit} at least."),
    (Kind.Maximum, lambda kind: f"May be {kind.limit} at most."),
    (Kind.Pattern, lambda kind: "Does not match the pattern of the template."),
    (Kind.Format, lambda kind: f"Must be of the format {kind.format}."),
)


class InvalidSchema(ValueError):
    """The message says what is wrong with it."""


class Validator:
    """Of one version; threads may share it."""

    __slots__ = ("_compiled",)

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Raises InvalidSchema."""
        if schema.get("type") != "object":
            raise InvalidSchema("Must be a JSON Schema of the type `object`")
        if too_large(schema):
            raise InvalidSchema("Is too large or too deep")
        if refers_outside(schema):
            raise InvalidSchema(
                "A `$ref` may lead to a place in the schema only, and `$id` is none"
            )
        try:
            self._compiled = jsonschema_rs.Draft202012Validator(
                dict(schema), pattern_options=LINEAR, retriever=_nothing_is_fetched
            )
        except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
            raise InvalidSchema(f"Is no JSON Schema: {str(error).splitlines()[0][:200]}") from None

    def errors(
        self, variables: Mapping[str, Any], *, given_later: Iterable[str] = ()
    ) -> dict[str, str]:
        """{`items[0].price`: what is wrong}; a null at the top is a variable not given."""
        given: Any = variables
        if None in variables.values():
            given = {name: value for name, value in variables.items() if value is not None}
        if self._compiled.is_valid(given):
            return {}
        later, found = set(given_later), dict[str, str]()
        for error in self._compiled.iter_errors(given):
            path, words = _said(error)
            if not (path and path[0] in later):
                found.setdefault(shown(path), words)
            if len(found) >= MOST_ERRORS:
                break
        return found


def shown(path: Iterable[object]) -> str:
    """`items[0].price`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def _said(error: Any) -> tuple[list[object], str]:
    kind, path = error.kind, list(error.instance_path)
    if isinstance(kind, Kind.Required):
        return [*path, kind.property], "Is needed."
    if isinstance(kind, Kind.AdditionalProperties):
        return [*path, kind.unexpected[0]], "Is not known to the template."
    for type_, words in WORDS:
        if isinstance(kind, type_):
            return path, words(kind)
    rule = error.schema_path[-1] if error.schema_path else "schema"
    return path, f"Does not fit the template's schema (`{rule}`)."


def _one_of(types: Iterable[str]) -> str:
    return " or ".join(f"an {name}" if name[0] in "aeio" else f"a {name}" for name in types)


def _nothing_is_fetched(address: str) -> Any:
    raise ValueError(f"{address} is not fetched")
