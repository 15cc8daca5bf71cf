"""Lists of ids as people send them."""

import io
from typing import Any

import psutil
import pytest
from django.db import connection

from notifications.segments.models import Segment, SegmentMember, SegmentUpload
from notifications.segments.upload import upload as uploads
from notifications.segments.upload.upload import upload_begin, upload_read
from notifyproj.core.api.errors import ApiError
from preferences.models import Recipient
from preferences.recipients.services import recipient_erase
from tests.notifications.segments.conftest import MakeSegment

pytestmark = pytest.mark.django_db


@pytest.fixture
def segment(make_segment: MakeSegment, people: list[Recipient]) -> Segment:
    return make_segment({"member_of_upload": True})


def send(segment: Segment, content: Any, mode: str = "add") -> SegmentUpload:
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    upload = upload_begin(segment=segment, mode=mode, by="maria")
    upload_read(upload=upload, stream=stream)
    return SegmentUpload.objects.get(pk=upload.pk)


def members(segment: Segment) -> list[str]:
    ids = SegmentMember.objects.filter(segment_id=segment.pk).values("recipient_id")
    return sorted(Recipient.objects.filter(pk__in=ids).values_list("external_id", flat=True))


@pytest.mark.parametrize(
    "content",
    [
        b"user-1\nuser-2\n",
        b"user-1\r\nuser-2",
        b"\xef\xbb\xbfuser-1\nuser-2",
        b"\n  \nuser-1\n\n\nuser-2\n\n",
        b'"user-1"\n"user-2"\n',
        b" user-1 ,Maria\nuser-2,Jan\n",
        b"id\nuser-1\nuser-2",
        b"\xef\xbb\xbfName;USER_ID;City\nMaria;user-1;Wien\nJan;user-2;Linz",
        b'name\texternal_id\n"a ""b"" c"\tuser-1\nx\tuser-2',
    ],
)
def test_a_list_is_read_however_it_was_saved(segment: Segment, content: bytes) -> None:
    upload = send(segment, content)
    assert members(segment) == ["user-1", "user-2"]
    assert (upload.state, upload.received, upload.added, upload.failed) == ("done", 2, 2, 0)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"user\x00-1", "An id must have"),
        (b"two words", "An id must have"),
        (b"a/b", "An id must have"),
        (b"x" * 201, "An id must have"),
        (b",Maria", "The line has no id"),
        (b'""', "The line has no id"),
        (b'"user-1', "The quotation marks"),
        (b'"user"-1', "The quotation marks"),
        (b"user-\xff", "The file is not UTF-8"),
        (b"x" * 70_000, "The line is too long"),
        (b"nobody", "No recipient has this id"),
    ],
)
def test_a_wrong_line_is_told_by_its_number_and_sinks_no_other(
    segment: Segment, line: bytes, problem: str
) -> None:
    upload = send(segment, b"user-1\n" + line + b"\nuser-2\n")
    (error,) = upload.errors
    assert error["line"] == 2
    assert problem in error["problem"]
    assert members(segment) == ["user-1", "user-2"]


def test_the_same_list_again_changes_nothing(segment: Segment) -> None:
    send(segment, b"user-1\nuser-1\nuser-2\n")
    again = send(segment, b"user-1\nuser-1\nuser-2\n")
    assert (again.added, again.already) == (0, 3)
    assert members(segment) == ["user-1", "user-2"]


def test_adding_keeps_who_was_in_it(segment: Segment) -> None:
    send(segment, b"user-1")
    send(segment, b"user-2")
    assert members(segment) == ["user-1", "user-2"]


def test_replacing_takes_the_others_out(segment: Segment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "BATCH", 2)
    send(segment, b"user-1\nuser-2\nuser-3\nuser-4\nuser-5")
    upload = send(segment, b"user-5\nuser-6", "replace")
    assert members(segment) == ["user-5", "user-6"]
    assert (upload.added, upload.already, upload.removed) == (1, 1, 4)


class Breaking(io.BytesIO):
    """A client that goes away after its first chunk."""

    def read(self, size: int | None = -1, /) -> bytes:
        if part := super().read(size):
            return part
        raise ConnectionResetError


def test_a_list_that_breaks_off_says_so_and_loses_nobody(
    segment: Segment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "BATCH", 1)
    send(segment, b"user-1")
    with pytest.raises(ConnectionResetError):
        send(segment, Breaking(b"user-2\nuser-3\n"), "replace")
    assert members(segment) == ["user-1", "user-2", "user-3"]
    last = SegmentUpload.objects.first()
    assert last is not None
    assert (last.state, last.received) == ("broken", 2)


def test_one_list_at_a_time(segment: Segment) -> None:
    first = upload_begin(segment=segment, mode="add", by="maria")
    with pytest.raises(ApiError, match="Another upload"):
        upload_begin(segment=segment, mode="add", by="jan")
    SegmentUpload.objects.update(seen_at=first.seen_at - uploads.LOST_AFTER)
    upload_begin(segment=segment, mode="add", by="jan")
    assert [row.state for row in SegmentUpload.objects.all()] == ["running", "broken"]


class Many:
    """Lines made while they are read; remembers how much memory this process had meanwhile."""

    LINES = 1_000_000

    def __init__(self) -> None:
        self.sent = 0
        self.rest = b""
        self.process = psutil.Process()
        self.resident: list[int] = []

    def read(self, size: int, /) -> bytes:
        self.resident.append(self.process.memory_info().rss)
        while len(self.rest) < size and self.sent < self.LINES:
            end = min(self.sent + 10_000, self.LINES)
            self.rest += b"".join(b"user-%d\n" % n for n in range(self.sent, end))
            self.sent = end
        part, self.rest = self.rest[:size], self.rest[size:]
        return part

    def growth(self) -> int:
        """Since a tenth was read: buffers and caches are warm by then."""
        return max(self.resident) - self.resident[len(self.resident) // 10]


def test_a_million_lines_are_read_without_growing_memory(segment: Segment) -> None:
    stream = Many()
    upload = send(segment, stream)
    assert (upload.received, upload.added, upload.unknown) == (1_000_000, 60, 999_940)
    assert len(upload.errors) == 1_000
    assert upload.errors[0] == {"line": 61, "problem": "No recipient has this id."}
    assert stream.growth() < 16 * 1_048_576


def test_an_erasure_takes_somebody_out_of_every_list(segment: Segment) -> None:
    send(segment, b"user-1\nuser-2")
    Recipient.objects.get(external_id="user-1").save()
    assert len(members(segment)) == 2
    recipient_erase(external_id="user-1")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM segment_member")
        assert cursor.fetchone() == (1,)
