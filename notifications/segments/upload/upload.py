"""Lists of people from CSV, of any length in constant memory: lines in, batches down, a report
that others can watch grow.

A list that replaces another marks whom it names, and takes the others out at its end: whatever
breaks off in the middle has lost nobody, and may simply be sent again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from django.db import OperationalError, connection, reset_queries, transaction

from notifications.segments.models import Segment, SegmentUpload
from notifications.segments.upload.csv_ids import NO_ID, Given, read_ids
from notifications.segments.upload.list_text import ListText, NoList
from notifyproj.core import clock
from notifyproj.core.api.errors import ApiError
from notifyproj.core.sqlarrays import array, quoted_array
from preferences.recipients.import_ndjson import TRIES, Stream, lines

BATCH = 5_000  # lines
ERRORS_SHOWN = 1_000
LOST_AFTER = timedelta(minutes=1)  # without a batch: whoever read it is gone
WHERE = "The ids are the first column, or the one that is headed external_id, user_id or id."

# Sorted, so that two lists that come in at once wait for each other and never both.
WRITE = """
WITH given AS (
    SELECT u.line, r.id
    FROM unnest(%(lines)s::bigint[], %(ids)s::text[]) AS u (line, external_id)
    LEFT JOIN recipient r ON r.external_id = u.external_id AND r.erased_at IS NULL
), written AS (
    INSERT INTO segment_member AS m (segment_id, recipient_id, upload_id)
    SELECT DISTINCT %(segment)s, id, %(upload)s FROM given WHERE id IS NOT NULL ORDER BY id
    ON CONFLICT (segment_id, recipient_id) DO UPDATE SET upload_id = EXCLUDED.upload_id
    WHERE m.upload_id <> EXCLUDED.upload_id
    RETURNING recipient_id, xmax = 0 AS is_new
), noted AS (
    INSERT INTO segment_upload_change (upload_id, recipient_id, added)
    SELECT %(upload)s, recipient_id, true FROM written WHERE is_new
    ON CONFLICT DO NOTHING
)
SELECT (SELECT count(*) FROM written WHERE is_new), count(id),
       COALESCE(array_agg(line ORDER BY line) FILTER (WHERE id IS NULL), '{}')
FROM given
"""
REMOVE = """
WITH removed AS (
    DELETE FROM segment_member WHERE (segment_id, recipient_id) IN (
        SELECT segment_id, recipient_id FROM segment_member
        WHERE segment_id = %(segment)s AND upload_id <> %(upload)s LIMIT %(most)s
    )
    RETURNING recipient_id
), noted AS (
    INSERT INTO segment_upload_change (upload_id, recipient_id, added)
    SELECT %(upload)s, recipient_id, false FROM removed
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM removed
"""
# Only the last upload can be undone.
FORGET = """
DELETE FROM segment_upload_change WHERE upload_id IN (
    SELECT id FROM segment_upload WHERE segment_id = %s AND id < %s
)
"""


class Counted:
    """A stream that knows how much of it was read."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.bytes = 0

    def read(self, size: int, /) -> bytes:
        part = self.stream.read(size)
        self.bytes += len(part)
        return part


class Written(NamedTuple):
    added: int
    known: int
    unknown: list[int]  # their lines


def upload_begin(
    *, segment: Segment, mode: str, by: str, file_name: str = "", size: int | None = None
) -> SegmentUpload:
    """Raises ApiError 409 while another one goes on."""
    now = clock.now()
    with transaction.atomic():
        Segment.objects.select_for_update().get(pk=segment.pk)
        going = SegmentUpload.objects.filter(segment=segment, state=SegmentUpload.State.RUNNING)
        if going.filter(seen_at__gt=now - LOST_AFTER).exists():
            message = (
                "Another upload for this segment is being processed; wait until it is finished."
            )
            raise ApiError(409, "busy", message, {"segment": message}, retry_after=10.0)
        going.update(state=SegmentUpload.State.BROKEN, finished_at=now)
        return SegmentUpload.objects.create(
            segment=segment,
            mode=mode,
            by=by[:200],
            file_name=file_name[:200],
            bytes_total=size,
            started_at=now,
            seen_at=now,
        )


def upload_read(*, upload: SegmentUpload, stream: Stream) -> SegmentUpload:
    """A file of which nothing is recognised changes nothing, and its upload says why. Raises what
    reading the stream raises: what was read before stays, and the upload says so."""
    counted = Counted(stream)
    state = SegmentUpload.State.DONE
    try:
        _read_all(upload, counted)
        if not upload.added + upload.already:
            upload.problem, state = why_nothing(upload), SegmentUpload.State.REFUSED
        elif upload.mode == SegmentUpload.Mode.REPLACE:
            _remove_others(upload)
    except NoList as error:
        upload.problem, state = str(error), SegmentUpload.State.REFUSED
    except BaseException:
        _finish(upload, SegmentUpload.State.BROKEN, counted.bytes)
        raise
    _finish(upload, state, counted.bytes)
    return upload


def _read_all(upload: SegmentUpload, counted: Counted) -> None:
    given = read_ids(lines(ListText(counted)))
    while batch := list(islice(given, BATCH)):
        _write_batch(upload, batch, counted.bytes)
        reset_queries()  # with DEBUG on, Django keeps the text of every statement


def why_nothing(upload: SegmentUpload) -> str:
    """Of a file none of whose lines names anybody."""
    if not upload.bytes_read and not upload.received:
        return "No line of the file has an ID: it is empty, or has only headings."
    if upload.unknown == upload.received:
        return f"Nobody has the ids in it: none of {_lines(upload.received)} names anybody. {WHERE}"
    first = upload.errors[0] if upload.errors else {"line": 1, "problem": NO_ID}
    return (
        f"None of {_lines(upload.received)} names anybody: {upload.failed:,} hold no id,"
        f" {upload.unknown:,} hold one nobody has. Line {first['line']}: {first['problem']}"
    )


def _lines(n: int) -> str:
    return f"{n:,} line{'' if n == 1 else 's'}"


def _write_batch(upload: SegmentUpload, batch: Sequence[Given], bytes_read: int) -> None:
    good = [one for one in batch if not one.problem]
    before = dict(upload.__dict__)
    for attempt in range(TRIES):
        try:
            with transaction.atomic():
                written = _write(upload, good)
                _note(upload, batch, _errors(batch, written.unknown), written, bytes_read)
            return
        except OperationalError:  # a deadlock, or a connection that was cut
            upload.__dict__.update(before)
            if attempt == TRIES - 1:
                raise


def _write(upload: SegmentUpload, good: Sequence[Given]) -> Written:
    params: dict[str, Any] = {
        "lines": array(one.line for one in good),
        "ids": quoted_array(one.id for one in good),
        "segment": upload.segment_id,
        "upload": upload.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(WRITE, params)
        return Written(*cursor.fetchone())


def _note(
    upload: SegmentUpload,
    batch: Sequence[Given],
    errors: Sequence[dict[str, Any]],
    written: Written,
    bytes_read: int,
) -> None:
    room = ERRORS_SHOWN - len(upload.errors)
    upload.errors = [*upload.errors, *errors[:room]]
    upload.received += len(batch)
    upload.added += written.added
    upload.already += written.known - written.added
    upload.unknown += len(written.unknown)
    upload.failed += sum(bool(one.problem) for one in batch)
    upload.bytes_read, upload.seen_at = bytes_read, clock.now()
    changed = ["received", "added", "already", "unknown", "failed", "bytes_read", "seen_at"]
    upload.save(update_fields=[*changed, "errors"] if room else changed)


def _errors(batch: Sequence[Given], unknown: Sequence[int]) -> list[dict[str, Any]]:
    nobody = set(unknown)
    found = [(one.line, one.problem or one.doubt) for one in batch]
    wrong = {one.line for one in batch if one.problem} | nobody
    return [{"line": line, "problem": problem} for line, problem in found if line in wrong]


def _remove_others(upload: SegmentUpload) -> None:
    while True:
        params: dict[str, Any] = {"segment": upload.segment_id, "upload": upload.pk, "most": BATCH}
        with connection.cursor() as cursor:
            cursor.execute(REMOVE, params)
            removed = int(cursor.fetchone()[0])
        upload.removed += removed
        upload.seen_at = clock.now()
        upload.save(update_fields=["removed", "seen_at"])
        if removed < BATCH:
            return


def _finish(upload: SegmentUpload, state: SegmentUpload.State, bytes_read: int) -> None:
    upload.state, upload.bytes_read = state, bytes_read
    upload.seen_at = upload.finished_at = clock.now()
    upload.save(update_fields=["state", "problem", "bytes_read", "seen_at", "finished_at"])
    if state != SegmentUpload.State.REFUSED:
        with connection.cursor() as cursor:
            cursor.execute(FORGET, [upload.segment_id, upload.pk])


def is_lost(upload: SegmentUpload, now: datetime) -> bool:
    """Said to be running, and nobody is."""
    return upload.state == SegmentUpload.State.RUNNING and upload.seen_at < now - LOST_AFTER
