"""Take back what the last upload did to the list of a segment: once, and as a whole."""

from typing import Any

from django.db import connection, transaction

from notifications.segments.models import Segment, SegmentUpload, UploadChange
from notifications.segments.upload.upload import is_lost
from notifyproj.core import clock
from notifyproj.core.api.errors import ApiError

State = SegmentUpload.State

TAKE_OUT = """
DELETE FROM segment_member m USING segment_upload_change c
WHERE c.upload_id = %(upload)s AND c.added
  AND m.segment_id = %(segment)s AND m.recipient_id = c.recipient_id
"""
PUT_BACK = """
INSERT INTO segment_member (segment_id, recipient_id, upload_id)
SELECT %(segment)s, c.recipient_id, %(upload)s
FROM segment_upload_change c JOIN recipient r ON r.id = c.recipient_id AND r.erased_at IS NULL
WHERE c.upload_id = %(upload)s AND NOT c.added
ORDER BY c.recipient_id
ON CONFLICT DO NOTHING
"""


def why_not_undo(upload: SegmentUpload) -> str:
    """ "" when it can be undone. One that is lost while it was read can be, too."""
    if upload.state == State.UNDONE:
        return "The upload was already undone."
    if upload.state == State.REFUSED:
        return "The upload changed nothing."
    if upload.state == State.RUNNING and not is_lost(upload, clock.now()):
        return "The upload is still being processed; wait until it is finished."
    rows = SegmentUpload.objects.filter(segment_id=upload.segment_id, pk__gt=upload.pk)
    if rows.exclude(state=State.REFUSED).exists():
        return "A later upload exists: only the last one can be undone."
    if not UploadChange.objects.filter(upload_id=upload.pk).exists():
        return "The upload neither added nor removed anybody."
    return ""


def upload_undo(*, upload: SegmentUpload) -> SegmentUpload:
    """Who came in goes out, and who went out comes back, but for those who were erased meanwhile.
    Raises ApiError 409."""
    params: dict[str, Any] = {"segment": upload.segment_id, "upload": upload.pk}
    with transaction.atomic():
        Segment.objects.select_for_update().get(pk=upload.segment_id)
        row = SegmentUpload.objects.get(pk=upload.pk)
        if why := why_not_undo(row):
            raise ApiError(409, "cannot_undo", why, {"upload": why})
        with connection.cursor() as cursor:
            cursor.execute(TAKE_OUT, params)
            cursor.execute(PUT_BACK, params)
        UploadChange.objects.filter(upload_id=row.pk).delete()
        row.state = State.UNDONE
        row.finished_at = row.finished_at or clock.now()
        row.save(update_fields=["state", "finished_at"])
    return row
