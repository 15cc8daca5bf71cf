"""No route answers 5xx to what somebody writes into its path, its query or a form."""

import json
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from notifyproj.core.api import authentication
from notifyproj.core.api.keys import api_key_create
from notifyproj.core.models import Service
from notifyproj.core.servers import redis_client
from tests.api.notifications.conftest import make_shop

pytestmark = pytest.mark.django_db

CURSORS = ("AAAA", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "LTE", "4pyT", "////", "A", "AAAA" * 5_000)
TIMES = (
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"),
    *("9999-12-31T23:59:59-14:00", "1969-12-31T23:59:59Z", "2026-02-30T00:00:00Z", "now", "0"),
    *("2026-11-22T09:00:00", "20260101", "-1", "1e400"),
)
TEXTS = ("%00", "a%00b", "%ED%A0%80", "%F0%9F%92%A9", "%FF", "x" * 5_000, "'%22%3B--", "%E2%80%AE")
NUMBERS = ("-1", "0", "99999999999999999999", "1.5", "NaN", "%D9%A1", "1e9", "")
NONSENSE = "nonsense"
PATH = {"string": (*TEXTS, "1"), "integer": ("0", "99999999999999999999", "9" * 400)}
SAMPLE_ID = "01a2231f-2b01-788e-b331-8775caafe76d"
Operation = tuple[str, str, dict[str, Any]]


@cache
def operations() -> list[Operation]:
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def parameters(operation: dict[str, Any], where: str) -> list[dict[str, Any]]:
    return [one for one in operation.get("parameters", []) if one["in"] == where]


def filled(path: str, operation: dict[str, Any]) -> str:
    """The path with samples that look right."""
    for one in parameters(operation, "path"):
        kind = one["schema"]
        sample = SAMPLE_ID if kind.get("format") == "uuid" else "1"
        path = path.replace(f"{{{one['name']}}}", sample)
    return path


def hostile(one: dict[str, Any]) -> tuple[str, ...]:
    kind = one["schema"]
    if one["name"] in ("cursor", "before", "after"):
        return (*CURSORS, *TEXTS)
    if kind.get("format") == "date-time":
        return (*map(quote, TIMES), *TEXTS)
    return (*NUMBERS, *TEXTS) if kind.get("type") == "integer" else TEXTS


def queries() -> Iterator[tuple[str, str]]:
    for method, path, operation in operations():
        for one in parameters(operation, "query"):
            for value in hostile(one) if method == "get" else ():
                yield method, f"{filled(path, operation)}?{one['name']}={value}"


def example(operation: dict[str, Any]) -> dict[str, Any]:
    """The body that the document itself gives."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    examples = content.get("examples", {}).values()
    return next((one["value"] for one in examples), {})


def written() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every hostile parameter of a route that writes, with all flags on: nothing is skipped."""
    for method, path, operation in operations():
        asked = parameters(operation, "query") if method != "get" else []
        flags = [f"{p['name']}=1" for p in asked if p["schema"].get("type") == "boolean"]
        for one, value in ((p, v) for p in asked for v in hostile(p)):
            others = [flag for flag in flags if "dry" not in flag and one["name"] not in flag]
            query = "&".join([f"{one['name']}={value}", *others])
            yield method, f"{filled(path, operation)}?{query}", example(operation)


def paths() -> Iterator[tuple[str, str]]:
    for method, path, operation in operations():
        for one in parameters(operation, "path"):
            for value in PATH.get(one["schema"].get("type", "string"), TEXTS):
                yield method, filled(path.replace(f"{{{one['name']}}}", value), operation)


@pytest.fixture
def shop(db: None) -> Client:
    authentication.forget()
    redis_client.forget_buckets()
    world = make_shop()
    Service.objects.update(rate_per_second=1_000_000)
    _, key = api_key_create(service=world.service, scopes=("admin",))
    return Client(raise_request_exception=False, HTTP_AUTHORIZATION=f"Bearer {key}")


def wrong(shop: Client, asked: Iterator[tuple[str, str]]) -> dict[str, int]:
    found = {f"{m} {url[:120]}": shop.generic(m.upper(), url).status_code for m, url in asked}
    assert len(found) > 100
    return {url: status for url, status in found.items() if status >= 500}


def test_no_query_is_an_error_of_ours(shop: Client) -> None:
    assert wrong(shop, queries()) == {}


def test_no_query_of_what_writes_is_an_error_of_ours(shop: Client) -> None:
    found = {}
    for method, url, body in written():
        sent = shop.generic(method.upper(), url, json.dumps(body), content_type="application/json")
        found[f"{method} {url[:120]}"] = sent.status_code
    assert len(found) > 20
    assert {url: status for url, status in found.items() if status >= 500} == {}


def test_no_path_is_an_error_of_ours(shop: Client) -> None:
    assert wrong(shop, paths()) == {}


def test_no_cursor_of_another_kind_is_taken(shop: Client) -> None:
    asked = [
        f"{filled(path, operation)}?cursor=AAAA"
        for method, path, operation in operations()
        for one in parameters(operation, "query")
        if one["name"] == "cursor" and method == "get"
    ]
    assert len(asked) > 5
    taken = {url: shop.get(url).status_code for url in asked}
    assert {url: status for url, status in taken.items() if status not in (400, 404)} == {}


def test_a_word_that_is_none_of_those_allowed_is_400(shop: Client) -> None:
    asked = [
        (method, f"{filled(path, operation)}?{one['name']}={NONSENSE}")
        for method, path, operation in operations()
        for one in parameters(operation, "query")
        if "enum" in one["schema"] or one["schema"].get("type") == "boolean"
    ]
    assert len(asked) > 5
    said = {url: shop.generic(method.upper(), url).status_code for method, url in asked}
    other = (400, 401, 404, 415)  # the inbox has tokens of its own
    assert {url: status for url, status in said.items() if status not in other} == {}


@pytest.mark.parametrize("field", ["since", "until"])
@pytest.mark.parametrize("at", TIMES)
def test_the_ends_of_time_are_400_for_a_report(shop: Client, field: str, at: str) -> None:
    assert shop.get(f"/api/v1/reports?{field}={quote(at)}").status_code == 400


FIELDS = ("scheduled_at", "expires_at")


@pytest.mark.parametrize(("field", "at"), [*product(FIELDS, TIMES)])
def test_no_time_in_a_request_is_an_error_of_ours(shop: Client, field: str, at: str) -> None:
    body = {"type": "order_confirmed", "user_id": "user-123", field: at}
    sent = shop.post("/api/v1/notifications", body, content_type="application/json")
    assert sent.status_code < 500


def form(parts: int, name: str) -> bytes:
    head = '--x\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\nv\r\n'
    return (head.format("a", name) * parts + "--x--\r\n").encode()


@pytest.mark.parametrize("name", ["", '; filename="f"'])
@pytest.mark.parametrize(
    "path", ["/api/v1/attachments", "/admin/login/", "/u/abc", "/p/abc", "/hooks/twilio/shop"]
)
def test_5000_parts_of_a_form_are_no_error_of_ours(shop: Client, path: str, name: str) -> None:
    kind = "multipart/form-data; boundary=x"
    answer = shop.generic("POST", path, form(5_000, name), content_type=kind)
    assert 400 <= answer.status_code < 500 or path == "/admin/login/"
    assert answer.status_code < 500


FILTERS = (
    *("actor=%00", "object=%00&since=0001-01-01", "since=0001-01-01T00:00:00%2B14:00"),
    *("since=0001-01-01&until=9999-12-31", "until=99999d&since=2h", "model=nonsense&kind=nonsense"),
    *("before=AAAA", "actor=%ED%A0%80&q=x", "p=x", "o=-99"),
)
LISTS = ("auditentry", "notification", "delivery", "attempt", "recipient", "campaign", "segment")


@pytest.mark.parametrize("query", FILTERS)
def test_no_filter_of_the_admin_is_an_error_of_ours(admin_client: Client, query: str) -> None:
    admin_client.raise_request_exception = False
    models = [model._meta for model in admin.site._registry if model._meta.model_name in LISTS]
    urls = [f"/admin/{meta.app_label}/{meta.model_name}/?{query}" for meta in models]
    assert len(urls) > 4
    said = {url: admin_client.get(url).status_code for url in urls}
    assert {url: status for url, status in said.items() if status not in (200, 302, 400)} == {}
