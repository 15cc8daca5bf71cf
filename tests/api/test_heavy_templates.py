"""Over HTTP, text that is too heavy is a mistake of the caller's: named, and stored nowhere."""

import time
from typing import Any

import pytest
from rest_framework.test import APIClient

from templates.models import MessageTemplate, TemplateVersion
from templates.versions import published as versions
from templates.versions.services import version_draft
from tests.api.conftest import ClientWith

pytestmark = pytest.mark.django_db

URL = "/api/v1/templates"
CHAIN = "{{ " + "-" * 40_000 + "1 }}"
MJML = "<mjml><mj-body>" + "<mj-wrapper>" * 3_000 + "</mj-wrapper>" * 3_000 + "</mj-body></mjml>"
HEAVY = {
    "signs": {"sms": {"default": {"body": CHAIN}}},
    "elif": {"sms": {"de": {"body": "{% if a %}" + "{% elif a %}" * 5_000 + "{% endif %}"}}},
    "mjml": {"email": {"default": {"subject": "s", "mjml": MJML}}},
    "data": {"push": {"default": {"title": "t", "data": {"a": CHAIN}}}},
}


@pytest.fixture
def api(client_with: ClientWith) -> APIClient:
    versions.forget_names()
    versions.compiled.cache_clear()
    versions.needs.cache_clear()
    return client_with("templates", "read")


@pytest.fixture
def order(api: APIClient) -> str:
    assert api.post(URL, {"slug": "order", "name": "Order"}, format="json").status_code == 201
    return f"{URL}/order"


@pytest.mark.parametrize("parts", HEAVY.values(), ids=HEAVY.keys())
def test_a_draft_that_is_too_heavy_is_not_stored(api: APIClient, order: str, parts: Any) -> None:
    answer = api.put(f"{order}/draft", {"parts": parts}, format="json")
    assert answer.status_code == 400
    (place,) = answer.json()["error"]["fields"]
    channel = next(iter(parts))
    assert place.startswith(f"parts.{channel}.")
    assert "nested too deeply" in answer.json()["error"]["message"]
    assert not TemplateVersion.objects.exists()


@pytest.mark.parametrize("parts", HEAVY.values(), ids=HEAVY.keys())
def test_one_stored_before_is_shown_with_its_problem(
    api: APIClient, order: str, parts: Any
) -> None:
    template = MessageTemplate.objects.get(slug="order")
    version_draft(template=template, parts=parts)
    shown = api.get(f"{order}/draft")
    assert shown.status_code == 200
    assert shown.json()["problems"]
    assert api.post(f"{order}/publish", {}, format="json").status_code == 422
    assert api.post(f"{order}/preview", {}, format="json").status_code == 200


def test_a_preview_of_it_is_a_problem(api: APIClient, order: str) -> None:
    answer = api.post(f"{order}/preview", {"parts": HEAVY["signs"]}, format="json")
    assert answer.status_code == 200
    assert answer.json()["problems"][0]["field"] == "body"


@pytest.mark.parametrize("field", ["schema", "sample", "parts"])
def test_depth_is_a_mistake_of_the_body(api: APIClient, order: str, field: str) -> None:
    deep = '{"a":' * 5_000 + "1" + "}" * 5_000
    body = f'{{"parts": {{}}, "{field}": {deep}}}'
    answer = api.put(f"{order}/draft", body, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "files",
    [
        {"order/template.toml": "a" + ".a" * 30_000 + " = 1"},
        {"order/schema.json": "[" * 90_000},
        {"order/sample.json": '{"a": ' * 5_000 + "1" + "}" * 5_000},
        {"order/sms.default.txt": CHAIN},
        {"order/sms.default.txt": "a\u0000b"},
    ],
    ids=["toml", "schema", "sample", "text", "nul"],
)
def test_files_that_are_too_heavy_change_nothing(api: APIClient, files: dict[str, str]) -> None:
    answer = api.post(f"{URL}/import", {"files": files}, format="json")
    assert answer.status_code == 400
    assert not TemplateVersion.objects.exists()


def test_two_versions_of_a_thousand_like_lines_are_compared_in_time(
    api: APIClient, order: str
) -> None:
    for body in ("a\nb\n" * 499, "b\na\nc\n" * 333):
        parts = {"inbox": {"default": {"title": "t", "body": body}}}
        api.put(f"{order}/draft", {"parts": parts}, format="json")
        api.post(f"{order}/publish", {}, format="json")
    start = time.perf_counter()
    answer = api.get(f"{order}/diff?from=1&to=2")
    assert answer.status_code == 200
    assert time.perf_counter() - start < 20
