"""The API's description is valid, and says what every route can answer."""

from functools import cache
from typing import Any

import pytest
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema


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
    validate_schema(schema())  # type: ignore[no-untyped-call]
    assert not GENERATOR_STATS


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
