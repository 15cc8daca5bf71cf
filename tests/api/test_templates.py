import io
import struct
import zipfile
from typing import Any

import pytest
from rest_framework.test import APIClient

from preferences.models import Recipient
from templates.models import MessageTemplate
from templates.versions import published as versions
from tests.api.conftest import ClientWith

pytestmark = pytest.mark.django_db

URL = "/api/v1/templates"
PARTS = {"sms": {"default": {"body": "Hi {{ name }}"}, "de": {"body": "Hallo {{ name }}"}}}


@pytest.fixture
def api(client_with: ClientWith) -> APIClient:
    versions.forget_names()
    return client_with("templates", "read", "recipients")


@pytest.fixture
def order(api: APIClient) -> str:
    answer = api.post(URL, {"slug": "order", "name": "Order"}, format="json")
    assert answer.status_code == 201
    return f"{URL}/order"


def save(api: APIClient, order: str, parts: Any = PARTS, **more: Any) -> Any:
    return api.put(f"{order}/draft", {"parts": parts, **more}, format="json")


def publish(api: APIClient, order: str, body: str = "Hi {{ name }}") -> Any:
    save(api, order, {"sms": {"default": {"body": body}}})
    answer = api.post(f"{order}/publish", {"note": body}, format="json")
    assert answer.status_code == 201
    return answer.json()


def test_what_is_published_is_what_requests_use(api: APIClient, order: str) -> None:
    save(api, order)
    made = api.post(f"{order}/publish", {"note": "The first"}, format="json").json()
    assert (made["name"], made["variables"], made["published_by"]) == (
        "order-v1",
        ["name"],
        "service:shop",
    )
    assert versions.find_version("order")
    shown = api.get(order).json()
    assert (shown["has_draft"], [v["note"] for v in shown["versions"]]) == (False, ["The first"])


def test_a_draft_is_kept_with_its_problems_named(api: APIClient, order: str) -> None:
    answer = save(api, order, {"sms": {"default": {"body": "Hi\n{{ name"}}}).json()
    problem = answer["problems"][0]
    assert (problem["channel"], problem["field"], problem["line"]) == ("sms", "body", 2)
    assert api.get(f"{order}/draft").json()["parts"]["sms"]["default"]["body"] == "Hi\n{{ name"


def test_with_problems_nothing_is_published(api: APIClient, order: str) -> None:
    save(api, order, {"sms": {"default": {"body": "Hi\n{{ name"}}})
    answer = api.post(f"{order}/publish", {}, format="json")
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "cannot_publish"
    assert answer.json()["error"]["fields"] == {
        "parts.sms.default.body": "line 2: A block is not closed"
    }


def test_nobody_elses_draft_is_overwritten(api: APIClient, order: str) -> None:
    seen = save(api, order).json()["changed_at"]
    assert save(api, order, seen=seen).status_code == 200
    late = save(api, order, seen=seen)
    assert (late.status_code, late.json()["error"]["code"]) == (409, "draft_changed")


def test_a_preview_is_what_the_person_would_get(api: APIClient, order: str) -> None:
    Recipient.objects.create(external_id="maria", locale="de-AT", attributes={"plan": "gold"})
    parts = {"sms": {"default": {"body": "x"}, "de": {"body": "{{ name }}: {{ person.plan }}"}}}
    asked = {"parts": parts, "user_id": "maria", "variables": {"name": "Hallo"}}
    shown = api.post(f"{order}/preview", asked, format="json").json()["shown"][0]
    assert (shown["locale"], shown["fields"]) == ("de", {"body": "Hallo: gold"})
    assert shown["sms"] == {"encoding": "GSM-7", "parts": 1, "characters": 11}


def test_a_preview_without_data_makes_some(api: APIClient, order: str) -> None:
    publish(api, order)
    answer = api.post(f"{order}/preview", {}, format="json").json()
    assert answer["shown"][0]["fields"] == {"body": "Hi name"}
    assert api.post(f"{order}/preview", {"user_id": "x"}, format="json").status_code == 404


def test_two_versions_are_told_apart_line_by_line(api: APIClient, order: str) -> None:
    publish(api, order, "one\ntwo")
    publish(api, order, "one\n2")
    answer = api.get(f"{order}/diff?from=1&to=2").json()
    lines = answer["changes"][0]["lines"]
    assert [(line["mark"], line["text"]) for line in lines] == [
        ("same", "one"),
        ("gone", "two"),
        ("new", "2"),
    ]


def test_an_old_version_comes_back_as_a_new_one(api: APIClient, order: str) -> None:
    publish(api, order, "one")
    publish(api, order, "two")
    answer = api.post(f"{order}/versions/1/rollback", format="json")
    assert (answer.status_code, answer.json()["number"]) == (201, 3)
    assert api.get(f"{order}/versions/3").json()["parts"]["sms"]["default"]["body"] == "one"


def test_only_what_was_never_published_is_deleted(api: APIClient, order: str) -> None:
    save(api, order)
    assert api.delete(f"{order}/draft").status_code == 204
    assert api.delete(f"{order}/draft").status_code == 404
    publish(api, order)
    assert api.delete(order).status_code == 409
    api.post(URL, {"slug": "other", "name": "Other"}, format="json")
    assert api.delete(f"{URL}/other").status_code == 204


def test_a_template_is_named_otherwise(api: APIClient, order: str) -> None:
    assert api.patch(order, {"name": "An order"}, format="json").json()["name"] == "An order"


def test_the_list_is_paged_and_knows_partials(api: APIClient, order: str) -> None:
    api.post(URL, {"slug": "foot", "name": "Foot", "kind": "partial"}, format="json")
    first = api.get(f"{URL}?limit=1").json()
    assert [row["slug"] for row in first["templates"]] == ["foot"]
    rest = api.get(f"{URL}?cursor={first['next_cursor']}").json()
    assert [row["slug"] for row in rest["templates"]] == ["order"]
    assert [r["slug"] for r in api.get(f"{URL}?kind=partial").json()["templates"]] == ["foot"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"slug": "order", "name": "Again"}, "slug"),
        ({"slug": "or der", "name": "x"}, "slug"),
        ({"slug": "import", "name": "x"}, "slug"),
        ({"slug": "x", "name": ""}, "name"),
        ({"slug": "x", "name": "x", "kind": "fax"}, "kind"),
    ],
)
def test_what_cannot_be_made_names_its_field(
    api: APIClient, order: str, body: dict[str, str], field: str
) -> None:
    answer = api.post(URL, body, format="json")
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [field]


def test_files_go_out_and_come_in(api: APIClient, order: str) -> None:
    publish(api, order)
    files = api.get(f"{URL}/export").json()["files"]
    assert files["order/sms.default.txt"] == "Hi {{ name }}\n"
    files["order/sms.default.txt"] = "Hello {{ name }}\n"
    dry = api.post(f"{URL}/import?publish=1&dry_run=1", {"files": files}, format="json").json()
    assert (dry["applied"], dry["steps"][0]["did"]) == (False, "published")
    api.post(f"{URL}/import?publish=1", {"files": files}, format="json")
    packed = api.get(f"{URL}/export?as=zip").content
    again = api.post(f"{URL}/import?publish=1", packed, content_type="application/zip").json()
    assert [step["did"] for step in again["steps"]] == ["unchanged"]
    assert MessageTemplate.objects.get().versions.count() == 2


def test_a_file_that_is_none_of_ours_is_refused(api: APIClient) -> None:
    answer = api.post(f"{URL}/import", {"files": {"order/x.md": "x"}}, format="json")
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["files"])
    assert api.post(f"{URL}/import", "x", content_type="text/plain").status_code == 415


def test_writing_needs_its_scope(client_with: ClientWith) -> None:
    reader = client_with("read", "send")
    assert reader.get(URL).status_code == 200
    assert reader.post(URL, {"slug": "x", "name": "x"}, format="json").status_code == 403
    assert reader.post(f"{URL}/x/preview", {}, format="json").status_code == 403


def test_a_zip_that_swells_is_400_whatever_it_says_of_its_size(api: APIClient) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("order/sms.default.txt", b"0" * (30 << 20))
    says, small = struct.pack("<I", 30 << 20), struct.pack("<I", 1)
    packed = held.getvalue().replace(says, small)

    answer = api.post(f"{URL}/import", packed, content_type="application/zip")

    assert answer.status_code == 400
    assert "files" in answer.json()["error"]["fields"]
