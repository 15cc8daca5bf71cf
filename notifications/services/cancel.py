"""Cancel at every point: nothing that waits goes out, what is on its way ends honestly."""

import time
from typing import Any, NamedTuple

from django.db import connection, transaction

from notifications.counters.cells import Cell, hour_of
from notifications.counters.table import add
from notifications.digests.models import Digest
from notifications.models import Notification
from notifications.status_events.outbox import enqueue_settled
from notifications.statuses import OPEN, NotificationState, State
from notifications.variables import wipe

BATCH = 5_000
FOREVER = float("inf")

# Only what still waits for something: what has gone out stays what it is. What is collected waits
# for its digest, though its own delivery is settled.
MARK = """
UPDATE notification n SET state = %(cancelled)s, due_at = NULL,
    cancelled_at = coalesce(cancelled_at, now())
WHERE id = %(id)s AND service_id = %(service)s AND state <> %(expired)s AND (
    state <> %(resolved)s
    OR EXISTS (
        SELECT FROM delivery WHERE notification_id = %(id)s
        AND id BETWEEN %(low)s::uuid AND %(high)s::uuid AND state = ANY(%(open)s)
    )
    OR EXISTS (
        SELECT FROM digest_item i JOIN digest d ON d.id = i.digest_id
        WHERE i.notification_id = %(id)s AND d.state = %(collecting)s
    )
)
RETURNING type_id
"""
# Each batch begins behind the one before: what has gone out is not looked at again and again.
CANCEL = """
WITH waiting AS (
    SELECT id FROM delivery
    WHERE notification_id = %(id)s AND id > %(after)s::uuid AND id <= %(high)s::uuid
      AND state = %(waiting)s
    ORDER BY id LIMIT %(batch)s FOR NO KEY UPDATE
)
UPDATE delivery d SET state = %(cancelled)s, reason = 'cancelled', due_at = NULL, held_by = NULL,
    settled_at = now()
FROM waiting WHERE d.id = waiting.id AND d.id > %(after)s::uuid AND d.id <= %(high)s::uuid
RETURNING d.id::text, coalesce(d.arm_id, 0), d.type_id, d.channel, coalesce(d.account_id, 0)
"""


class Cancelled(NamedTuple):
    deliveries: int  # that will not go out any more
    too_late: bool = False  # everything had gone out: nothing was changed


def cancel(*, notification_id: str, service_id: int) -> Cancelled | None:
    """None when the service has no such notification, or it expired before it was resolved. One of
    which nothing waits any more is left as it is.

    Marked first, by itself: from then on nothing of it is claimed or resolved. Then its waiting
    rows, in batches; a process that dies between leaves rows that cancel themselves when due.
    """
    type_id = mark_cancelled(notification_id, service_id)
    if type_id is None:
        settled = Notification.objects.filter(
            pk=notification_id, service_id=service_id, state=NotificationState.RESOLVED
        )
        return Cancelled(0, too_late=True) if settled.exists() else None
    cancelled, _ = cancel_waiting(notification_id)
    wipe([(notification_id, type_id)])
    return Cancelled(cancelled)


def mark_cancelled(notification_id: str, service_id: int) -> int | None:
    """The id of its type; None when there is nothing to cancel."""
    low, high = siblings(notification_id)
    params: dict[str, Any] = {
        "id": notification_id,
        "service": service_id,
        "low": low,
        "high": high,
        "cancelled": NotificationState.CANCELLED.value,
        "expired": NotificationState.EXPIRED.value,
        "resolved": NotificationState.RESOLVED.value,
        "open": [state.value for state in OPEN],
        "collecting": Digest.State.OPEN.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(MARK, params)
        marked = cursor.fetchone()
    return int(marked[0]) if marked else None


def cancel_waiting(notification_id: str, seconds: float = FOREVER) -> tuple[int, bool]:
    """Of one that is marked: (how many rows, whether none are left), after about `seconds`."""
    stop = time.monotonic() + seconds
    after, high = siblings(notification_id)
    cancelled = 0
    while time.monotonic() < stop:
        ids = _cancel_batch(notification_id, after, high)
        cancelled += len(ids)
        if len(ids) < BATCH:
            return cancelled, True
        after = max(ids)
    return cancelled, False


def siblings(notification_id: str) -> tuple[str, str]:
    """Bounds of the ids of its deliveries: they share its millisecond, so its partition."""
    return f"{notification_id[:13]}-0000-0000-000000000000", (
        f"{notification_id[:13]}-ffff-ffff-ffffffffffff"
    )


def _cell(row: tuple[str, int, int, str, int]) -> Cell:
    """Where a delivery that CANCEL returned is counted."""
    id_, arm_id, type_id, channel, account_id = row
    return Cell(
        hour=hour_of(id_),
        arm_id=arm_id,
        type_id=type_id,
        channel=channel,
        account_id=account_id,
        measure=State.CANCELLED.value,
        reason="cancelled",
    )


def _cancel_batch(notification_id: str, after: str, high: str) -> list[str]:
    params: dict[str, Any] = {"id": notification_id, "after": after, "high": high, "batch": BATCH}
    params |= {"waiting": State.WAITING.value, "cancelled": State.CANCELLED.value}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CANCEL, params)
        rows = cursor.fetchall()
        add(_cell(row) for row in rows)
        enqueue_settled((i, t, State.CANCELLED, 0) for i, _, t, *_ in rows)
    return [row[0] for row in rows]
