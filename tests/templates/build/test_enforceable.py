"""Schemas from before there were bounds: what of them is enforced, and how that is told."""

import time
from typing import Any

import pytest
from django.core.checks import Tags, run_checks
from django.db import connection

from notifyproj.core.models import Alert
from templates.build.enforceable import enforceable
from templates.build.validate import Validator
from templates.models import MessageTemplate, TemplateVersion
from templates.versions import published, services
from templates.versions.partly_enforced import alert
from tests.committed import UNGUARDED

TREE = {"type": "object", "properties": {"inner": {"anyOf": [{"$ref": "#/$defs/tree"}] * 2}}}
OLD: dict[str, Any] = {
    "type": "object",
    "$defs": {"tree": TREE, "city": {"type": "string"}},
    "properties": {
        "count": {"type": "integer"},
        "city": {"$ref": "#/$defs/city"},
        "tree": {"$ref": "#/$defs/tree"},
    },
    "required": ["count"],
    "additionalProperties": False,
    "unevaluatedProperties": False,
}
DEEP: dict[str, Any] = {"inner": None}
for _ in range(50):
    DEEP = {"inner": DEEP}


MANY = {f"p{n}": {"$ref": "#/$defs/d"} for n in range(1_500)}


def held(schema: dict[str, Any], variables: dict[str, Any]) -> set[str]:
    return set(Validator(enforceable(schema).schema).errors(variables))


def test_what_has_a_bound_is_enforced_and_the_rest_is_named() -> None:
    assert enforceable(OLD).left_out == ("properties.tree", "unevaluatedProperties")
    assert held(OLD, {"count": "x", "city": 3, "tree": 1}) == {"count", "city"}
    assert held(OLD, {"city": "Graz"}) == {"count"}
    assert held(OLD, {"count": 1, "tree": DEEP}) == set()


def test_no_variable_is_refused_for_a_rule_that_is_left_out() -> None:
    """`tree` has no rule any more, and is no additional property all the same."""
    assert held(OLD, {"count": 1, "tree": {}}) == set()
    assert held(OLD, {"count": 1, "other": 1}) == {"other"}


@pytest.mark.parametrize(
    ("rules", "left_out"),
    [
        ({"not": {"$ref": "#"}}, ("not",)),
        ({"if": {"$ref": "#/x"}, "then": {"required": ["z"]}}, ("if",)),
        ({"if": {}, "then": {"required": ["z"]}, "else": {"$ref": "#"}}, ("if",)),
        ({"patternProperties": {"(?=a)": {}}, "additionalProperties": False}, None),
        ({"properties": {"a": {"pattern": "(a{100}){100}"}}}, ("properties.a",)),
        ({"properties": {"a": "no rule"}}, ("properties.a",)),
        ({"properties": ["a"]}, ("properties",)),
        ({"$defs": ["a"], "required": "a"}, ("required",)),
        ({"$id": "https://x.example/s", "minProperties": 0}, ("$id",)),
        ({"$schema": 3}, ("$schema",)),
        ({"allOf": [{}] * 60}, ("allOf",)),
        ({"properties": {"a": {"enum": list(range(501))}}}, ("properties.a",)),
    ],
)
def test_rules_are_left_out_whole(rules: dict[str, Any], left_out: tuple[str, ...] | None) -> None:
    found = enforceable({"type": "object", **rules})
    assert found.left_out == (left_out or tuple(rules)[:1])
    assert Validator(found.schema).errors({"a": [1], "b": 2}) == {}


def test_of_very_many_properties_as_many_are_enforced_as_fit() -> None:
    many = {f"p{n:05}": {"type": "string"} for n in range(5_000)}
    schema = {"type": "object", "properties": many, "additionalProperties": False}
    found, began = enforceable(schema), time.perf_counter()
    Validator(found.schema)
    assert time.perf_counter() - began < 1
    assert 500 < len(found.schema["properties"]) < 2_000
    assert "patternProperties" not in found.schema
    assert "additionalProperties" not in found.schema  # or it would refuse those that do not fit
    assert len(str(found)) < 500


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"const": "x" * 300_000}}},
        {"$defs": {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(3_000)}},
        {"properties": MANY, "$defs": {"d": {}}},
        {"properties": MANY, "$defs": {"d": TREE}},
    ],
    ids=["large", "a chain", "many", "many that lead nowhere"],
)
def test_nothing_takes_long_to_take_apart(schema: dict[str, Any]) -> None:
    began = time.perf_counter()
    Validator(enforceable(schema).schema)
    assert time.perf_counter() - began < 3


def stored(accepts: dict[str, Any]) -> TemplateVersion:
    """As an earlier release published it."""
    template = MessageTemplate.objects.create(slug="order", name="Order")
    parts = {"sms": {"default": {"body": "{{ count }}"}}}
    version = services.version_publish(
        version=services.version_draft(template=template, parts=parts)
    )
    row = TemplateVersion(
        template=template,
        number=version.number + 1,
        parts=parts,
        built=version.built,
        variables=["count"],
        accepts=accepts,
        published_at=version.published_at,
    )
    row.save()
    return row


@pytest.mark.django_db
def test_a_request_is_held_against_what_is_left() -> None:
    needs = published.needs(stored(OLD).pk)
    assert set(needs.wrong_variables({"count": "x", "tree": DEEP})) == {"count"}
    assert needs.wrong_variables({"count": 1, "tree": DEEP}) == {}


@pytest.mark.django_db
def test_an_alert_names_the_versions_until_there_are_none() -> None:
    stored(OLD)
    alert()
    found = Alert.objects.get(key="template-schemas")
    assert "order-v2: properties.tree, unevaluatedProperties" in found.detail
    with connection.cursor() as cursor:
        cursor.execute(UNGUARDED + "DELETE FROM template_version WHERE number = 2")
    alert()
    found.refresh_from_db()
    assert found.resolved_at


@pytest.mark.django_db
def test_the_system_check_names_them() -> None:
    stored(OLD)
    found = run_checks(tags=[Tags.database], databases=["default"])
    assert [m.id for m in found if "order-v2" in m.msg] == ["notify.W004"]
