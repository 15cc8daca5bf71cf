"""Segments over HTTP."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from notifications.segments.models import Segment, SegmentMember
from preferences.models import Recipient
from tests.api.conftest import ClientWith

pytestmark = pytest.mark.django_db

URL = "/api/v1/segments"
PRO: dict[str, Any] = {"attribute": "plan", "is": "pro"}
LISTED = {"member_of_upload": True}


@pytest.fixture
def api(client_with: ClientWith) -> APIClient:
    Recipient.objects.bulk_create(
        Recipient(external_id=f"user-{n}", attributes={"plan": ["free", "pro"][n % 2]})
        for n in range(30)
    )
    return client_with("campaigns")


def make(api: APIClient, rules: dict[str, Any] = PRO, slug: str = "pros") -> Any:
    return api.post(URL, {"slug": slug, "name": slug.title(), "rules": rules}, format="json")


def test_a_segment_is_made_and_says_how_many_it_holds(api: APIClient) -> None:
    response = make(api)
    made = response.json()
    assert response.status_code == 201
    assert (made["kind"], made["count"]["people"], made["count"]["exact"]) == ("rules", 15, True)
    assert api.get(f"{URL}/pros").json() == made


def test_wrong_rules_are_told_by_their_place(api: APIClient) -> None:
    response = make(api, {"all": [PRO, {"activity": "opened", "within_days": 1_000}]})
    assert response.status_code == 400
    fields = response.json()["error"]["fields"]
    assert fields == {"rules.all[1].within_days": "Must be an integer between 0 and 180."}


@pytest.mark.parametrize("slug", ["look", "a b", "", "ä", "x" * 51])
def test_a_slug_that_no_path_could_have_is_refused(api: APIClient, slug: str) -> None:
    response = make(api, slug=slug)
    assert (response.status_code, list(response.json()["error"]["fields"])) == (400, ["slug"])


def test_only_what_is_named_is_changed(api: APIClient) -> None:
    make(api)
    changed = api.patch(f"{URL}/pros", {"rules": {"not": PRO}}, format="json").json()
    assert (changed["name"], changed["rules"], changed["count"]["people"]) == (
        "Pros",
        {"not": PRO},
        15,
    )


def test_it_is_deleted_with_its_list(api: APIClient) -> None:
    make(api, LISTED)
    api.generic("POST", f"{URL}/pros/uploads", "user-1\n", content_type="text/csv")
    assert api.delete(f"{URL}/pros").status_code == 204
    assert not Segment.objects.exists()
    assert not SegmentMember.objects.exists()


def test_lists_come_by_pages(api: APIClient) -> None:
    for n in range(3):
        make(api, slug=f"s{n}")
    first = api.get(f"{URL}?limit=2").json()
    second = api.get(f"{URL}?limit=2&cursor={first['next_cursor']}").json()
    slugs = [row["slug"] for page in (first, second) for row in page["segments"]]
    assert (slugs, second["next_cursor"]) == (["s0", "s1", "s2"], "")


@pytest.mark.parametrize("name", ["preview", "look"])
def test_rules_are_previewed_without_being_saved(api: APIClient, name: str) -> None:
    preview = api.post(f"{URL}/{name}", {"rules": PRO}, format="json").json()
    assert (preview["count"]["people"], len(preview["people"])) == (15, 10)
    assert preview["people"][0]["reasons"] == [
        {"path": "rules", "words": "plan is pro", "holds": True, "speaks_for": True}
    ]
    assert not Segment.objects.exists()


def test_a_segment_named_as_the_preview_is_reached(api: APIClient) -> None:
    url = f"{URL}/preview"
    made = make(api, slug="preview").json()
    assert api.get(url).json() == made
    assert api.patch(url, {"name": "New"}, format="json").json()["name"] == "New"
    assert api.delete(url).status_code == 204


def test_it_is_counted_again(api: APIClient) -> None:
    make(api)
    Recipient.objects.create(external_id="new", attributes={"plan": "pro"})
    assert api.post(f"{URL}/pros/count").json()["people"] == 16
    assert api.get(f"{URL}/pros").json()["count"]["people"] == 16


def test_a_sample_depends_on_its_seed(api: APIClient) -> None:
    make(api)
    first, again, other = (
        api.get(f"{URL}/pros/sample?seed={seed}").json()["people"] for seed in (1, 1, 2)
    )
    assert first == again != other
    assert api.get(f"{URL}/pros/sample?seed=x").status_code == 400


def test_one_person_is_asked_about(api: APIClient) -> None:
    make(api)
    assert api.get(f"{URL}/pros/members/user-1").json()["member"] is True
    assert api.get(f"{URL}/pros/members/user-2").json() == {
        "member": False,
        "reasons": [{"path": "rules", "words": "plan is pro", "holds": False, "speaks_for": False}],
    }
    assert api.get(f"{URL}/pros/members/nobody").status_code == 404


def test_a_list_is_reported_on(api: APIClient) -> None:
    make(api, LISTED)
    body = "user-1\nuser-2\nnobody\na b\n"
    report = api.generic("POST", f"{URL}/pros/uploads", body, content_type="text/csv").json()
    assert (report["state"], report["added"], report["unknown"]) == ("done", 2, 1)
    assert [error["line"] for error in report["errors"]] == [3, 4]
    assert api.get(f"{URL}/pros").json()["count"]["people"] == 2
    assert api.get(f"{URL}/pros/uploads").json()["uploads"] == [report]


def test_a_list_is_added_or_replaces(api: APIClient) -> None:
    make(api, LISTED)
    path = f"{URL}/pros/uploads"
    api.generic("POST", path, "user-1\n", content_type="text/csv")
    second = api.generic("POST", f"{path}?mode=replace", "user-2\n", content_type="text/csv")
    assert (second.json()["added"], second.json()["removed"]) == (1, 1)
    wrong = api.generic("POST", f"{path}?mode=swap", "user-2\n", content_type="text/csv")
    assert list(wrong.json()["error"]["fields"]) == ["mode"]


def test_a_replacement_of_nothing_recognised_is_400_and_takes_nobody_out(api: APIClient) -> None:
    make(api, LISTED)
    path = f"{URL}/pros/uploads"
    api.generic("POST", path, "user-1\n", content_type="text/csv")
    for body, why in (("\n", "empty"), ("<html>user-1", "web page"), ("stranger", "Nobody has")):
        refused = api.generic("POST", f"{path}?mode=replace", body, content_type="text/csv")
        assert refused.status_code == 400
        assert why in refused.json()["error"]["fields"]["body"]
    added = api.generic("POST", path, "stranger", content_type="text/csv").json()
    assert (added["state"], added["unknown"]) == ("refused", 1)
    assert api.post(f"{URL}/pros/count").json()["people"] == 1


def test_the_last_list_is_undone_once(api: APIClient) -> None:
    make(api, LISTED)
    path = f"{URL}/pros/uploads"
    api.generic("POST", path, "user-1\n", content_type="text/csv")
    last = api.generic("POST", f"{path}?mode=replace", "user-2\n", content_type="text/csv").json()
    assert api.post(f"{path}/{last['id']}/undo").json()["state"] == "undone"
    assert api.get(f"{URL}/pros/members/user-1").json()["member"] is True
    assert api.get(f"{URL}/pros/members/user-2").json()["member"] is False
    again = api.post(f"{path}/{last['id']}/undo")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "cannot_undo")
    assert api.post(f"{path}/999999/undo").status_code == 404


def test_a_list_may_come_as_bytes_of_no_stated_kind(api: APIClient) -> None:
    """As generated clients send it."""
    make(api, LISTED)
    body, kind = "user-1\n", "application/octet-stream"
    assert api.generic("POST", f"{URL}/pros/uploads", body, content_type=kind).status_code == 200


def test_a_list_of_another_type_is_415(api: APIClient) -> None:
    make(api, LISTED)
    response = api.post(f"{URL}/pros/uploads", {"ids": ["user-1"]}, format="json")
    assert response.status_code == 415


def test_a_list_may_be_larger_than_other_bodies(api: APIClient) -> None:
    make(api, LISTED)
    body = f"user-1,{'x' * 1_000}\n" * 2_000
    report = api.generic("POST", f"{URL}/pros/uploads", body, content_type="text/csv").json()
    assert report["received"] == 2_000


@pytest.mark.parametrize("path", ["none", "none/sample", "none/members/user-1", "none/uploads"])
def test_a_segment_that_is_not_there_is_404(api: APIClient, path: str) -> None:
    assert api.get(f"{URL}/{path}").status_code == 404


def test_other_keys_may_not_see_them(client_with: ClientWith) -> None:
    assert client_with("send", "read", "recipients").get(URL).status_code == 403
