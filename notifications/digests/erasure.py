"""What is kept of digests, and how long."""

from datetime import datetime, timedelta

from django.db import connection

from notifications.digests.models import Digest, DigestItem

KEPT = timedelta(days=8)  # longer than any request lives: none of its chunks can come again
BATCH = 5_000

# The items are empty by then.
FORGET = """
WITH old AS (SELECT id FROM digest WHERE state = %s AND closed_at < %s LIMIT %s),
     items AS (DELETE FROM digest_item WHERE digest_id IN (SELECT id FROM old))
DELETE FROM digest WHERE id IN (SELECT id FROM old)
"""


def forget_old(now: datetime) -> int:
    """Deletes closed digests past their time, one batch; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET, [Digest.State.CLOSED.value, now - KEPT, BATCH])
        return int(cursor.rowcount)


def forget_erased(recipient_id: int) -> None:
    """In the erasure's transaction. Items that are written a moment later open no more: the
    person's key is gone."""
    open_ = Digest.objects.filter(recipient_id=recipient_id, state=Digest.State.OPEN)
    # In the order of those who add items: see `gathering.Place`.
    open_ = open_.order_by("service_id", "recipient_id", "type_id", "key").select_for_update()
    ids = list(open_.values_list("pk", flat=True))
    DigestItem.objects.filter(digest_id__in=ids).delete()
    Digest.objects.filter(pk__in=ids).delete()
