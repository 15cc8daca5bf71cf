"""What an erasure takes from here, and what is too old to be asked for."""

from datetime import datetime, timedelta

from django.db import connection

from notifications.segments.models import Reaction, ReadDay, Received, SegmentMember, UploadChange
from notifications.segments.rules.parse import ACTIVITY_DAYS

BATCH = 5_000
OLD_REACTIONS = """
DELETE FROM recipient_reaction
WHERE ctid = ANY(ARRAY(SELECT ctid FROM recipient_reaction WHERE day < %s LIMIT %s))
"""
OLD_RECEIVED = """
DELETE FROM recipient_received
WHERE ctid = ANY(ARRAY(SELECT ctid FROM recipient_received WHERE last_on < %s LIMIT %s))
"""


def forget_erased(recipient_id: int) -> None:
    """In the erasure's transaction."""
    for model in (SegmentMember, UploadChange, Reaction, Received):
        model.objects.filter(recipient_id=recipient_id).delete()


def forget_activity(now: datetime) -> int:
    """A batch of each; how many there were."""
    before = now.date() - timedelta(days=ACTIVITY_DAYS + 1)
    ReadDay.objects.filter(day__lt=before).delete()
    deleted = 0
    for statement in (OLD_REACTIONS, OLD_RECEIVED):
        with connection.cursor() as cursor:
            cursor.execute(statement, [before, BATCH])
            deleted += cursor.rowcount
    return deleted
