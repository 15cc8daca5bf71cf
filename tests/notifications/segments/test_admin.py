"""Segments in the admin, as the server answers: also without a script."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from notifications.segments.models import Segment, SegmentMember, SegmentUpload
from notifications.segments.upload import upload
from notifyproj.core.models import AuditEntry
from preferences.models import Recipient
from tests.notifications.segments.conftest import MakeSegment

pytestmark = pytest.mark.django_db

PRO: dict[str, Any] = {"attribute": "plan", "is": "pro"}
ADD = "/admin/segments/segment/add/"


def logged_in(role: str) -> Client:
    user = User.objects.create_user(role, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def marketer(people: list[Recipient]) -> Client:
    return logged_in("marketer")


def form(rules: Any = PRO, **said: str) -> dict[str, str]:
    text = rules if isinstance(rules, str) else json.dumps(rules)
    return {"name": "Pros", "slug": "pros", "description": "", "rules": text, **said}


def send(client: Client, segment: Segment, content: bytes, mode: str = "add") -> Any:
    file = SimpleUploadedFile("list.csv", content, "text/csv")
    path = reverse("admin:segments_upload", args=[segment.pk])
    return client.post(path, {"file": file, "mode": mode}, follow=True)


def test_a_marketer_makes_a_segment_and_sees_how_many_it_holds(marketer: Client) -> None:
    response = marketer.post(ADD, form(), follow=True)
    segment = Segment.objects.get()
    assert (segment.rules, segment.last_count) == (PRO, 20)
    assert segment.created_by == User.objects.get(username="marketer")
    assert "20 people" in response.content.decode()


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ({"all": [{"locale": "d"}]}, "rules.all[0].locale: Must be a locale, such as de or de-AT."),
        ("{", "This is not valid JSON"),
        ("[" * 100_000, "This is not valid JSON"),
        ("[" * 65 + "]" * 65, "JSON must be nested at most 64 levels deep."),
        ('{"attribute": "plan", "is": "\\u0000"}', "the character U+0000"),
        ({"segment": "pros"}, "Segment not found."),
    ],
)
def test_wrong_rules_are_told_and_kept(marketer: Client, rules: Any, told: str) -> None:
    response = marketer.post(ADD, form(rules))
    assert told in response.content.decode()
    assert not Segment.objects.exists()


def test_a_change_is_audited_and_a_count_is_not(
    marketer: Client, make_segment: MakeSegment
) -> None:
    segment = make_segment(PRO)
    before = AuditEntry.objects.count()
    marketer.post("/admin/segments/segment/", {"action": "count_again", "_selected_action": "1"})
    assert AuditEntry.objects.count() == before
    path = reverse("admin:segments_segment_change", args=[segment.pk])
    marketer.post(path, form({"not": PRO}))
    segment.refresh_from_db()
    assert (segment.rules, segment.slug, segment.last_count) == ({"not": PRO}, "some", 40)
    assert AuditEntry.objects.count() == before + 1


def test_a_segment_that_others_name_is_kept_and_says_why(
    marketer: Client, make_segment: MakeSegment
) -> None:
    segment = make_segment(PRO, "inner")
    make_segment({"segment": "inner"}, "outer")
    path = reverse("admin:segments_segment_delete", args=[segment.pk])
    response = marketer.post(path, {"post": "yes"}, follow=True)
    assert "Not deleted. The segment is used by these segments: outer." in response.content.decode()
    assert Segment.objects.filter(slug="inner").exists()


def look(client: Client, rules: Any) -> Any:
    path = reverse("admin:segments_segment_look")
    return client.post(path, json.dumps({"rules": rules}), content_type="application/json").json()


def test_the_builder_is_told_how_many_and_who(marketer: Client) -> None:
    found = look(marketer, {"not": PRO})
    assert (found["text"], len(found["people"])) == ("40 people", 10)
    assert found["people"][0]["reasons"][0]["speaks_for"] is True


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"rules":' * 5_000 + "1" + "}" * 5_000, "[]", '{"rules": "\\u0000"}']
)
def test_the_builder_is_told_that_it_cannot_be_read(marketer: Client, body: str) -> None:
    path = reverse("admin:segments_segment_look")
    answer = marketer.post(path, body, content_type="application/json")
    assert answer.json() == {"errors": {"rules": "These rules cannot be read."}}


def test_the_builder_is_told_what_is_wrong_by_its_place(marketer: Client) -> None:
    wrong = look(marketer, {"all": [PRO, {"attribute": "", "is": ""}]})
    assert list(wrong["errors"]) == ["rules.all[1].attribute", "rules.all[1].is"]


def test_a_page_says_whether_somebody_is_in_it(marketer: Client, make_segment: MakeSegment) -> None:
    path = reverse("admin:segments_people", args=[make_segment({"not": PRO}).pk])
    page = marketer.get(path, {"person": "user-1"}).content.decode()
    assert "is not in this segment" in page
    assert "does not match" in page
    assert "No recipient has the ID who" in marketer.get(path, {"person": "who"}).content.decode()


def test_a_file_that_is_no_list_says_what_it_is_and_takes_nobody_out(
    marketer: Client, make_segment: MakeSegment
) -> None:
    segment = make_segment({"member_of_upload": True})
    send(marketer, segment, b"user-1\n")
    page = send(marketer, segment, b"%PDF-1.7 user-2", "replace").content.decode()
    assert "Nothing was changed. This is a PDF" in page
    assert "Undo this upload" not in page
    assert SegmentMember.objects.count() == 1


def test_the_last_list_is_undone_by_a_button_that_says_what_it_does(
    marketer: Client, make_segment: MakeSegment
) -> None:
    segment = make_segment({"member_of_upload": True})
    send(marketer, segment, b"user-1\nuser-2\n")
    page = send(marketer, segment, b"user-3\n", "replace").content.decode()
    assert "Removes the 1 person it added, and restores the 2 people it removed." in page
    undo = reverse("admin:segments_undo", args=[SegmentUpload.objects.latest("pk").pk])
    assert marketer.get(undo).status_code == 405
    assert "This upload was undone" in marketer.post(undo, follow=True).content.decode()
    assert SegmentMember.objects.count() == 2
    assert "already undone" in marketer.post(undo, follow=True).content.decode()
    assert logged_in("viewer").post(undo).status_code == 403


def test_a_list_is_uploaded_and_what_was_wrong_is_shown(
    marketer: Client, make_segment: MakeSegment
) -> None:
    segment = make_segment({"member_of_upload": True})
    page = send(marketer, segment, b"user-1\nnobody\na b\n").content.decode()
    assert SegmentMember.objects.count() == 1
    assert "now has 1 person" in page
    assert "No recipient has this id." in page
    assert "An id must have 1 to 200 characters" in page


def test_two_lists_at_once_are_one_too_many(marketer: Client, make_segment: MakeSegment) -> None:
    segment = make_segment({"member_of_upload": True})
    upload.upload_begin(segment=segment, mode="add", by="somebody")
    assert "Another upload" in send(marketer, segment, b"user-1\n").content.decode()
    assert not SegmentMember.objects.exists()


def test_how_far_a_list_is_can_be_asked(marketer: Client, make_segment: MakeSegment) -> None:
    segment = make_segment({"member_of_upload": True})
    state = reverse("admin:segments_upload_state", args=[segment.pk])
    assert marketer.get(state).json() == {"state": ""}
    send(marketer, segment, b"user-1\nuser-2\n")
    told = marketer.get(state).json()
    assert (told["state"], told["lines"], told["share"]) == ("done", 2, 100)


def test_a_viewer_sees_all_and_changes_nothing(make_segment: MakeSegment) -> None:
    segment = make_segment({"member_of_upload": True})
    viewer = logged_in("viewer")
    for name in ("people", "upload_state"):
        assert viewer.get(reverse(f"admin:segments_{name}", args=[segment.pk])).status_code == 200
    change = reverse("admin:segments_segment_change", args=[segment.pk])
    assert viewer.get(change).status_code == 200
    assert viewer.post(change, form()).status_code == 403
    assert send(viewer, segment, b"user-1\n").status_code == 403
