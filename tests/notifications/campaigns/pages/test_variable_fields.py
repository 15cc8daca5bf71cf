"""Fields for variables, by their JSON Schema."""

from typing import Any

import pytest

from notifications.campaigns.pages.variable_fields import (
    VariableField,
    read,
    variable_fields,
    written,
)


def one(schema: dict[str, Any]) -> VariableField:
    return variable_fields([{"properties": {"x": schema}}])[0]


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({}, "12", "12"),
        ({"type": "string"}, " Ada ", "Ada"),
        ({"type": ["number", "string"]}, "12.50", "12.50"),
        ({"type": "number"}, "12.5", 12.5),
        ({"type": "number"}, "-3", -3),
        ({"type": "integer"}, "3", 3),
        ({"type": "boolean"}, "no", False),
        ({"enum": ["red", "blue"]}, "red", "red"),
        ({"type": "array"}, "[1, 2]", [1, 2]),
        ({"type": "string"}, "", None),
    ],
)
def test_a_value_is_read_as_the_schema_has_it(schema: Any, text: str, value: Any) -> None:
    assert read(one(schema), text) == value


@pytest.mark.parametrize("type_", ["number", "integer", "object"])
def test_what_cannot_be_read_is_refused_in_words(type_: str) -> None:
    with pytest.raises(ValueError, match=r"JSON|number"):
        read(one({"type": type_}), "many")


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        ("object", "[" * 100_000),
        ("object", "[" * 66 + "]" * 66),
        ("array", '["\\u0000"]'),
        ("array", "[NaN]"),
        ("array", '["\\ud83d"]'),
        ("string", "سلام\0"),
        ("number", "nan"),
        ("number", "1e999"),
        ("number", "9" * 5_000),
        ("number", "-" + "9" * 19),
        ("integer", "9" * 5_000),
        ("integer", "9" * 19),
    ],
)
def test_what_could_not_be_stored_is_refused(type_: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"JSON|number|lists|U\+0000"):
        read(one({"type": type_}), text)


@pytest.mark.parametrize(("type_", "value"), [("array", [1]), ("boolean", True), ("number", 0.2)])
def test_what_is_shown_is_read_as_it_was(type_: str, value: Any) -> None:
    field = one({"type": type_})
    assert read(field, written(field, value)) == value


def test_what_one_variant_needs_is_needed() -> None:
    schemas: list[dict[str, Any]] = [
        {"properties": {"x": {}}},
        {"properties": {"x": {}}, "required": ["x"]},
    ]
    assert [(field.name, field.required) for field in variable_fields(schemas)] == [("x", True)]
