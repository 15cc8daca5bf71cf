"""Cancel at every point: nothing that waits goes out, what is on its way ends honestly."""

from typing import Any, NamedTuple

from django.db import connection, transaction

from notifications.cells import Cell, hour_of
from notifications.counters import add
from notifications.status_events.outbox import enqueue_settled
from notifications.statuses import NotificationState, State
from notifications.wiping import wipe

BATCH = 5_000
CANCELLED = (State.CANCELLED.value, "cancelled")

MARK = """
UPDATE notification SET state = %s, cancelled_at = coalesce(cancelled_at, now()), due_at = NULL
WHERE id = %s AND service_id = %s AND state <> %s RETURNING type_id
"""
CANCEL = """
WITH waiting AS (
    SELECT id FROM delivery
    WHERE notification_id = %(id)s AND id BETWEEN %(low)s::uuid AND %(high)s::uuid
      AND state = %(waiting)s
    ORDER BY id LIMIT %(batch)s FOR NO KEY UPDATE
)
UPDATE delivery d SET state = %(cancelled)s, reason = 'cancelled', due_at = NULL, held_by = NULL,
    settled_at = now()
FROM waiting WHERE d.id = waiting.id AND d.id BETWEEN %(low)s::uuid AND %(high)s::uuid
RETURNING d.id::text, coalesce(d.arm_id, 0), d.type_id, d.channel, coalesce(d.account_id, 0)
"""


class Cancelled(NamedTuple):
    deliveries: int  # that will not go out any more


def cancel(*, notification_id: str, service_id: int) -> Cancelled | None:
    """None when the service has no such notification, or it expired before it was resolved.

    Marked first, by itself: from then on nothing of it is claimed or resolved. Then its waiting
    rows, in batches; a process that dies between leaves rows that cancel themselves when due.
    """
    with connection.cursor() as cursor:
        gone = NotificationState.EXPIRED.value
        mark: list[Any] = [NotificationState.CANCELLED.value, notification_id, service_id, gone]
        cursor.execute(MARK, mark)
        marked = cursor.fetchone()
        if not marked:
            return None
    cancelled = 0
    while n := _cancel_batch(notification_id):
        cancelled += n
    wipe([(notification_id, marked[0])])
    return Cancelled(cancelled)


def siblings(notification_id: str) -> tuple[str, str]:
    """Bounds of the ids of its deliveries: they share its millisecond, so its partition."""
    return f"{notification_id[:13]}-0000-0000-000000000000", (
        f"{notification_id[:13]}-ffff-ffff-ffffffffffff"
    )


def _cancel_batch(notification_id: str) -> int:
    low, high = siblings(notification_id)
    words: dict[str, Any] = {"id": notification_id, "low": low, "high": high, "batch": BATCH}
    words |= {"waiting": State.WAITING.value, "cancelled": State.CANCELLED.value}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CANCEL, words)
        rows = cursor.fetchall()
        add(Cell(hour_of(i), a, t, c, by, *CANCELLED) for i, a, t, c, by in rows)
        enqueue_settled((i, t, State.CANCELLED, 0) for i, _, t, *_ in rows)
    return len(rows)
