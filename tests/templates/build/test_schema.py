"""What a text needs, what a schema allows, and how either is told."""

from typing import Any

import pytest

from templates.build import schema
from templates.build.samples import sample_of
from templates.build.validate import InvalidSchema, Needs, Validator
from templates.build.variables_used import uses

ORDER = (
    "{{ id }}{% for item in items %}{{ item.name }} {{ item.price|currency('EUR') }}"
    "{% if item.note is defined %}{{ item.note }}{% endif %}{% endfor %}"
    "{{ at|date }}{{ hint|default('') }}{{ customer.address.city }}{{ person.first_name }}"
)
INFERRED = schema.infer(uses(ORDER))


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("{{ a.b.c }} {{ a['d'] }} {{ z[0].k }}", ["a.b.c", "a.d", "z[].k"]),
        ("{% for i in a.items %}{{ i.x }}{% endfor %}", ["a.items", "a.items[].x"]),
        ("{% for i in a if i.on %}{% endfor %}", ["a", "a[].on"]),
        ("{% for k, v in d|items %}{{ k }}{{ v.x }}{% endfor %}", ["d"]),
        ("{% for a in b %}{% for c in a.d %}{{ c }}{% endfor %}{% endfor %}",
         ["b", "b[].d", "b[].d[]"]),
        ("{% for x in y|sort %}{{ loop.index }}{{ x }}{% endfor %}{{ x }}", ["y", "y[]", "x"]),
        ("{{ a|replace(b, 'c') }}{{ d|date(zone=e) }}", ["a", "b", "d", "e"]),
        ("{% if not a and b is not defined or c in d %}{% endif %}", ["a", "b", "c", "d"]),
        ("{% for k in d|items %}{% for x in k %}{{ x.y }}{% endfor %}{% endfor %}", ["d"]),
        ("{{ 'yes' if a else none }}{# {{ b }} #}{{ true }}", ["a"]),
    ],
)  # fmt: skip
def test_what_a_text_uses_is_found(source: str, names: list[str]) -> None:
    assert [use.name for use in uses(source)] == names


def test_a_schema_is_inferred_from_the_text() -> None:
    assert INFERRED["required"] == ["at", "customer", "id", "items"]
    items = INFERRED["properties"]["items"]
    assert (items["type"], items["items"]["required"]) == ("array", ["name", "price"])
    assert "person" not in INFERRED["properties"]


def test_what_is_wrong_is_named_by_its_place_and_quotes_no_value() -> None:
    given = {
        "id": 1,
        "at": {"secret": "hunter2"},
        "items": [{"name": "A", "price": ["hunter2"]}, {"price": "2"}],
        "customer": None,
    }
    assert Validator(INFERRED).errors(given) == {
        "at": "Must be a number or a string.",
        "customer": "This field is required.",
        "items[0].price": "Must be a number or a string.",
        "items[1].name": "This field is required.",
    }


def test_what_comes_later_is_not_missed() -> None:
    given = {"id": 1, "at": "2026-06-27", "customer": {"address": {"city": "Wien"}}}
    assert Validator(INFERRED).errors(given, given_later=("items", "count")) == {}


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({}, "with the type `object`"),
        ({"type": "object", "properties": {"a": {"type": "word"}}}, "not a valid JSON Schema"),
        ({"type": "object", "properties": {"a": {"pattern": "("}}}, "not a valid JSON Schema"),
        ({"type": "object", "$ref": "https://example.com/s.json"}, "in the schema only"),
        ({"type": "object", "allOf": [{"$ref": "file:///etc/passwd"}]}, "in the schema only"),
        ({"type": "object", "$id": "https://example.com/s.json"}, "`[$]id` is not supported"),
        ({"type": "object", "description": "x" * 40_000}, "Too large"),
    ],
)
def test_a_schema_that_cannot_be_is_refused(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidSchema, match=why):
        Validator(wrong)


def test_a_pattern_takes_no_longer_than_its_text() -> None:
    evil = {"type": "object", "properties": {"a": {"pattern": "^(a+)+$"}}}
    assert Validator(evil).errors({"a": "a" * 5_000 + "!"}).keys() == {"a"}


def test_a_sample_fits_its_schema() -> None:
    sample = sample_of(INFERRED, uses(ORDER))
    assert Validator(INFERRED).errors(sample) == {}
    assert sample["person"]["first_name"] == "first name"


def test_names_the_schema_does_not_have_are_told_to_their_depth() -> None:
    known: dict[str, Any] = {
        "properties": {"items": {"items": {"properties": {"name": {}}}}, "old": {}}
    }
    used = uses("{% for i in items %}{{ i.name }}{{ i.prise }}{% endfor %}")
    assert [use.name for use in schema.undeclared(known, used)] == ["items[].prise"]
    assert schema.unused(known, used) == ["old"]


def test_a_name_that_is_needed_and_one_that_is_nested_are_told_by_their_place() -> None:
    needs = Needs(("id", "code"), Validator(INFERRED))
    given = {"id": 1, "at": "2026-06-27", "items": [], "customer": {}}
    assert set(needs.wrong_variables(given)) == {"customer.address", "code"}
