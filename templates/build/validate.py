"""What a published version needs, and variables held against its schema: compiled once, then half a
microsecond. Pure.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
from jsonschema_rs import ValidationErrorKind as Kind

from templates.build import schema_rules

MOST_ERRORS = 20
MOST_TOLD = 20_000  # values times rules up to which the library is asked for all that is wrong
UNFIT = "Does not match the schema of the template."
# No pattern of an author's takes longer than its text, times what it counts (`a{100}`): hence the
# size, at which 64 KB take a tenth of a second.
LINEAR = jsonschema_rs.RegexOptions(size_limit=1 << 17)

# Of our own: the library's messages quote the value.
MESSAGES: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (Kind.Type, lambda kind: f"Must be {_one_of(kind.types)}."),
    (Kind.Enum, lambda kind: f"Must be one of {', '.join(map(str, kind.options))}."),
    (Kind.MinLength, lambda kind: f"Must have at least {kind.limit} characters."),
    (Kind.MaxLength, lambda kind: f"Must have at most {kind.limit} characters."),
    (Kind.MinItems, lambda kind: f"Must have at least {kind.limit} items."),
    (Kind.MaxItems, lambda kind: f"Must have at most {kind.limit} items."),
    (Kind.Minimum, lambda kind: f"Must be at least {kind.limit}."),
    (Kind.Maximum, lambda kind: f"Must be at most {kind.limit}."),
    (Kind.Pattern, lambda kind: "Does not match the required pattern."),
    (Kind.Format, lambda kind: f"Must have the format {kind.format}."),
)


class InvalidSchema(ValueError):
    """The message says what is wrong with it."""


class Validator:
    """Of one version; threads may share it."""

    __slots__ = ("_compiled", "_rules", "_schema", "_wide")

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Raises InvalidSchema."""
        if schema.get("type") != "object":
            raise InvalidSchema("Must be a JSON Schema with the type `object`")
        self._schema: Mapping[str, Any] = schema
        self._wide: Any = None
        try:
            self._rules = schema_rules.check(schema)
        except schema_rules.TooCostly as error:
            raise InvalidSchema(str(error)) from None
        try:
            self._compiled = _compiled(schema)
        except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
            raise InvalidSchema(
                f"Is not a valid JSON Schema: {str(error).splitlines()[0][:200]}"
            ) from None

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
        if values_in(given, MOST_TOLD // self._rules) is None:
            return self._which(given, later)
        for error in self._compiled.iter_errors(given):
            path, message = _said(error)
            if not (path and path[0] in later):
                found.setdefault(shown(path), message)
            if len(found) >= MOST_ERRORS:
                break
        return found

    def _which(self, given: Mapping[str, Any], later: set[str]) -> dict[str, str]:
        """Only which variables are wrong: the library tells all that is, which of large lists and
        many rules takes gigabytes."""
        if self._wide is None:
            self._wide = _compiled({k: v for k, v in self._schema.items() if k != "required"})
        needed = self._schema.get("required", ())
        missing = [name for name in needed if name not in given and name not in later]
        found = {shown([name]): "This field is required." for name in missing[:MOST_ERRORS]}
        for name, value in given.items():
            if len(found) < MOST_ERRORS and not self._wide.is_valid({name: value}):
                found[shown([name])] = UNFIT
        return found or ({} if later else {"": UNFIT})


def values_in(value: object, most: int) -> int | None:
    """How many there are in it, lists and objects too; None: more than `most`."""
    waiting, found = [value], 0
    while waiting and found <= most:
        found += 1
        inner = waiting.pop()
        if isinstance(inner, Mapping):
            waiting += inner.values()
        elif isinstance(inner, list):
            waiting += inner
    return None if waiting or found > most else found


def shown(path: Iterable[object]) -> str:
    """`items[0].price`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def _said(error: Any) -> tuple[list[object], str]:
    kind, path = error.kind, list(error.instance_path)
    if isinstance(kind, Kind.Required):
        return [*path, kind.property], "This field is required."
    if isinstance(kind, Kind.AdditionalProperties):
        return [*path, kind.unexpected[0]], "Unknown variable."
    for type_, message in MESSAGES:
        if isinstance(kind, type_):
            return path, message(kind)
    rule = error.schema_path[-1] if error.schema_path else "schema"
    return path, f"Does not match the schema of the template (`{rule}`)."


def _one_of(types: Iterable[str]) -> str:
    return " or ".join(f"an {name}" if name[0] in "aeio" else f"a {name}" for name in types)


def _compiled(schema: Mapping[str, Any]) -> Any:
    return jsonschema_rs.Draft202012Validator(
        dict(schema), pattern_options=LINEAR, retriever=_nothing_is_fetched
    )


def _nothing_is_fetched(address: str) -> Any:
    raise ValueError(f"{address} is not fetched")


@dataclass(frozen=True, slots=True)
class Needs:
    variables: tuple[str, ...]  # names every request must give
    validator: Validator | None = None

    def wrong_variables(
        self, variables: Mapping[str, Any], given_later: tuple[str, ...] = ()
    ) -> dict[str, str]:
        """{`items[0].price`: what is wrong}."""
        wrong = {
            name: "This field is required."
            for name in self.variables
            if variables.get(name) is None and name not in given_later
        }
        if self.validator is None:
            return wrong
        return {**self.validator.errors(variables, given_later=given_later), **wrong}
