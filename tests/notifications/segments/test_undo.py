"""The last upload of a list taken back."""

import pytest

from notifications.segments.models import Segment, SegmentUpload, UploadChange
from notifications.segments.services import segment_delete
from notifications.segments.upload import upload as uploads
from notifications.segments.upload.undo import upload_undo, why_not_undo
from notifications.segments.upload.upload import upload_begin
from notifyproj.core.api.errors import ApiError
from preferences.models import Recipient
from preferences.recipients.services import recipient_erase
from tests.notifications.segments.conftest import MakeSegment
from tests.notifications.segments.test_uploads import Breaking, members, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def segment(make_segment: MakeSegment, people: list[Recipient]) -> Segment:
    return make_segment({"member_of_upload": True})


def test_a_replacement_is_undone_as_a_whole(
    segment: Segment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "BATCH", 2)
    send(segment, b"user-1\nuser-2\nuser-3\nuser-4\nuser-5")
    last = send(segment, b"user-5\nuser-6\nuser-6\nuser-7", "replace")

    assert upload_undo(upload=last).state == "undone"

    assert members(segment) == ["user-1", "user-2", "user-3", "user-4", "user-5"]


def test_what_was_added_goes_out_and_who_was_in_before_stays(segment: Segment) -> None:
    send(segment, b"user-1\nuser-2")
    upload_undo(upload=send(segment, b"user-2\nuser-3"))
    assert members(segment) == ["user-1", "user-2"]


def test_it_is_undone_once(segment: Segment) -> None:
    send(segment, b"user-1")
    last = send(segment, b"user-2", "replace")
    upload_undo(upload=last)
    with pytest.raises(ApiError, match="already undone") as caught:
        upload_undo(upload=last)
    assert caught.value.status == 409
    assert members(segment) == ["user-1"]


def test_only_the_last_one_is_undone(segment: Segment) -> None:
    first = send(segment, b"user-1")
    last = send(segment, b"user-2")
    with pytest.raises(ApiError, match="only the last"):
        upload_undo(upload=first)
    upload_undo(upload=last)
    with pytest.raises(ApiError, match="only the last"):
        upload_undo(upload=first)
    assert members(segment) == ["user-1"]


def test_one_that_changed_nothing_takes_no_undo_away(segment: Segment) -> None:
    send(segment, b"user-1")
    last = send(segment, b"user-2", "replace")
    refused = send(segment, b"<html>", "replace")
    with pytest.raises(ApiError, match="changed nothing"):
        upload_undo(upload=refused)
    upload_undo(upload=last)
    assert members(segment) == ["user-1"]


def test_one_that_broke_off_is_undone(segment: Segment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "BATCH", 1)
    send(segment, b"user-1")
    with pytest.raises(ConnectionResetError):
        send(segment, Breaking(b"user-2\nuser-3\n"), "replace")
    upload_undo(upload=SegmentUpload.objects.latest("pk"))
    assert members(segment) == ["user-1"]


def test_one_that_is_being_read_is_not_undone(segment: Segment) -> None:
    upload = upload_begin(segment=segment, mode="add", by="maria")
    assert "still being processed" in why_not_undo(upload)


def test_who_was_erased_meanwhile_does_not_come_back(segment: Segment) -> None:
    send(segment, b"user-1\nuser-2")
    last = send(segment, b"user-3", "replace")
    gone = Recipient.objects.get(external_id="user-1")
    recipient_erase(external_id="user-1")
    assert not UploadChange.objects.filter(recipient_id=gone.pk).exists()

    upload_undo(upload=last)

    assert members(segment) == ["user-2"]


def test_what_is_kept_for_an_undo_is_that_of_the_last_upload_only(segment: Segment) -> None:
    send(segment, b"user-1")
    last = send(segment, b"user-2")
    assert set(UploadChange.objects.values_list("upload_id", flat=True)) == {last.pk}
    segment_delete(segment=segment)
    assert not UploadChange.objects.exists()
