"""The API's description is valid, and says what every route can answer."""

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from openapi_spec_validator import OpenAPIV31SpecValidator

OURS = {"channels", "notifications", "notifyproj", "preferences", "templates"}
EMPTY = {"204", "304"}  # answers that have no body


@cache
def schema() -> dict[str, Any]:
    GENERATOR_STATS.reset()
    return dict(SchemaGenerator().get_schema(request=None, public=True))  # type: ignore[no-untyped-call]


def operations() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path, methods in schema()["paths"].items()
        for method, operation in methods.items()
        if path.startswith("/api/v1/")
    ]


def test_the_description_is_valid_openapi_made_without_a_warning() -> None:
    wrong = OpenAPIV31SpecValidator(json.loads(json.dumps(schema()))).iter_errors()
    assert [error.message[:200] for error in wrong] == []
    assert not GENERATOR_STATS


def schemas(within: Any = None, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """All of them in the document, and where; examples hold none."""
    within = schema() if within is None else within
    if isinstance(within, list):
        within = {str(number): one for number, one in enumerate(within)}
    if isinstance(within, dict):
        yield path, within
        for name in within.keys() - {"example", "examples", "default", "enum"}:
            yield from schemas(within[name], f"{path}/{name}")


def test_every_list_says_of_what() -> None:
    assert [at for at, one in schemas() if one.get("type") == "array" and "items" not in one] == []


def test_every_object_says_what_is_in_it() -> None:
    """A generator makes `Record<string, never>` of one that does not."""
    says = {"properties", "additionalProperties"}
    kinds = ("object", ["object", "null"])
    assert [at for at, one in schemas() if one.get("type") in kinds and not says & one.keys()] == []


def test_what_a_request_may_leave_out_has_no_default() -> None:
    """A generator asks for what has one; the description tells it."""
    sent = schema()["components"]["schemas"]["SendRequest"]["properties"]
    assert [name for name, one in sent.items() if "default" in one] == []
    assert "normal" in sent["priority"]["description"]


def test_the_items_of_a_batch_are_requests() -> None:
    batch = schema()["components"]["schemas"]["BatchRequest"]["properties"]["notifications"]
    assert batch["items"] == {"$ref": "#/components/schemas/SendRequest"}


def test_the_document_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = Client().get("/api/schema/?format=json")
    monkeypatch.setattr(SchemaGenerator, "get_schema", None)
    again = Client().get("/api/schema/?format=json&lang=de&version=7")
    assert (again.status_code, again.content) == (200, first.content)
    assert json.loads(again.content)["openapi"].startswith("3.1")


def test_the_document_is_yaml_for_who_asks_nothing() -> None:
    page = Client().get("/api/schema/")
    assert page.content.startswith(b"openapi: 3.1")


@pytest.mark.parametrize("status", ["400", "401", "403", "429"])
def test_every_operation_documents_the_error(status: str) -> None:
    assert [name for name, operation in operations() if status not in operation["responses"]] == []


def test_every_operation_asks_for_a_key() -> None:
    assert [
        name for name, operation in operations() if {"ApiKey": []} not in operation["security"]
    ] == []


def test_every_operation_has_a_summary() -> None:
    assert [name for name, operation in operations() if not operation.get("summary")] == []


def test_the_page_of_the_documentation_needs_no_other_host() -> None:
    page = Client().get("/api/docs/")
    assert page.status_code == 200
    assert b"https://" not in page.content.replace(b"https://swagger.io", b"")


def named() -> Iterator[type[msgspec.Struct]]:
    """Every struct of ours that is loaded, but for jobs between processes, which have a tag."""
    left: list[type[msgspec.Struct]] = [msgspec.Struct]
    while left:
        below = left.pop().__subclasses__()
        left += below
        yield from (one for one in below if one.__struct_config__.tag is None)


def test_no_two_things_of_the_document_have_one_name() -> None:
    """The second would be described as the first."""
    described = schema()["components"]["schemas"]
    found = Counter(one.__name__ for one in named() if one.__module__.split(".")[0] in OURS)
    assert [name for name, times in found.items() if times > 1 and name in described] == []


def examples() -> Iterator[tuple[str, dict[str, Any], Any]]:
    """(where, schema, value) of every example of a body."""
    for name, operation in operations():
        bodies = {"request": operation.get("requestBody", {}), **operation["responses"]}
        for at, body in bodies.items():
            for content in body.get("content", {}).values():
                for title, example in content.get("examples", {}).items():
                    yield f"{name} {at} {title}", content["schema"], example["value"]


@pytest.mark.parametrize(("at", "of", "value"), list(examples()))
def test_every_example_is_valid(at: str, of: dict[str, Any], value: Any) -> None:
    whole = {**of, "components": schema()["components"]}
    found = jsonschema_rs.Draft202012Validator(whole, validate_formats=True).iter_errors(value)
    assert [f"{list(error.instance_path)}: {error.message[:200]}" for error in found] == []


def test_every_operation_says_what_it_answers() -> None:
    """A yes without a body is 204, and every other answer has a schema."""
    bare = [
        f"{name} {status}"
        for name, operation in operations()
        for status, answer in operation["responses"].items()
        if status not in EMPTY
        and not all("schema" in one for one in answer.get("content", {"": {}}).values())
    ]
    assert bare == []


def test_every_property_that_is_asked_for_is_described() -> None:
    assert [
        f"{at}: {name}"
        for at, one in schemas()
        if isinstance(one.get("required"), list) and isinstance(one.get("properties"), dict)
        for name in one["required"]
        if name not in one["properties"]
    ] == []


def test_every_body_can_be_sent_by_a_generated_client() -> None:
    """One of these for each: without it a generator leaves the operation out."""
    known = {"application/json", "application/octet-stream", "multipart/form-data"}
    assert [
        name
        for name, operation in operations()
        if "requestBody" in operation and not known & operation["requestBody"]["content"].keys()
    ] == []
