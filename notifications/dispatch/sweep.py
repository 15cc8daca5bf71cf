"""Once a second: everything that is due goes on. All that waits is a row, so losing the broker or
any process loses nothing.

One sweep at a time, by advisory lock; a second Beat or a late task does no harm.
"""

from typing import Any, NamedTuple

from django.db import connection, transaction

from channels.base import Channel, Lane
from notifications.alerts import tell_of_failures
from notifications.counters.cells import Cell, Settled, hour_of
from notifications.counters.table import add
from notifications.dispatch import dispatch
from notifications.dispatch.dispatch import HINT_LIFE, RESOLVE_LIFE, Due
from notifications.dispatch.held import release_held
from notifications.dispatch.resumed import retry_resumed
from notifications.status_events.outbox import enqueue_settled
from notifications.statuses import FINAL, NotificationState, State
from notifications.variables import wipe
from notifyproj.core.advisory_lock import AdvisoryLock

LOCK = AdvisoryLock("swee")
QUOTA = {Lane.URGENT: 10_000, Lane.NORMAL: 10_000, Lane.BULK: 10_000}  # rows a second
MOST_CRASHES = 5
ALONE_AFTER = 3
ALARMING: dict[int, str] = {State.FAILED: "worker_crashed", State.UNCERTAIN: "no_answer"}

NOTIFICATIONS = """
WITH due AS (
    SELECT id FROM notification WHERE due_at <= now() ORDER BY due_at LIMIT 500
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE notification n SET
    state = CASE WHEN n.expires_at <= now() THEN %(expired)s ELSE %(accepted)s END,
    due_at = CASE WHEN n.expires_at > now() THEN now() + %(life)s END,
    dispatch_no = n.dispatch_no + 1
FROM due WHERE n.id = due.id
RETURNING n.id::text, n.dispatch_no, n.lane, n.state, n.type_id
"""

# A lease that ran out is sent again, whatever its type's policy: at most the rows in flight.
DELIVERIES = """
WITH due AS (
    SELECT id, CASE
        WHEN state = %(awaiting)s THEN %(uncertain)s
        WHEN expires_at <= now() AND state = %(leased)s THEN %(uncertain)s
        WHEN expires_at <= now() THEN %(expired)s
        WHEN state = %(leased)s AND crashes + 1 >= %(most_crashes)s THEN %(failed)s
        ELSE %(waiting)s END AS verdict
    FROM delivery
    WHERE lane = %(lane)s AND due_at <= now() AND channel = ANY(%(channels)s)
    ORDER BY due_at LIMIT %(quota)s
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE delivery d SET
    state = due.verdict, lease_id = NULL, dispatch_no = d.dispatch_no + 1,
    crashes = d.crashes + (d.state = %(leased)s)::int,
    reason = CASE due.verdict WHEN %(uncertain)s THEN 'no_answer' WHEN %(expired)s THEN 'expired'
        WHEN %(failed)s THEN 'worker_crashed' ELSE d.reason END,
    due_at = CASE due.verdict WHEN %(waiting)s THEN now() + %(life)s END,
    settled_at = CASE WHEN due.verdict <> %(waiting)s THEN now() END
FROM due WHERE d.id = due.id
RETURNING d.id::text, d.dispatch_no, d.channel, d.lane, d.app_id, d.state, d.crashes, d.type_id,
    d.notification_id::text, coalesce(d.arm_id, 0), coalesce(d.account_id, 0), d.reason
"""


class Swept(NamedTuple):
    id: str
    dispatch_no: int
    channel: str
    lane: int
    app_id: int | None
    state: int
    crashes: int
    type_id: int
    notification_id: str
    arm_id: int
    account_id: int
    reason: str

    def due(self) -> Due:
        alone = self.crashes >= ALONE_AFTER
        return Due(
            id=self.id,
            dispatch_no=self.dispatch_no,
            channel=self.channel,
            lane=self.lane,
            app_id=self.app_id,
            alone=alone,
        )


class Pending(NamedTuple):
    id: str
    dispatch_no: int
    lane: int
    state: int
    type_id: int


def sweep() -> None:
    """Dispatch what is due, urgent first, each lane by its quota."""
    with transaction.atomic():
        if not LOCK.try_take():
            return
        settled = release_held()
        retry_resumed()
        notifications = _notifications()
        rows = [row for lane in Lane for row in _deliveries(lane)]
        add(cell for row in rows if _final(row) for cell in _cells(row))
        tell_of_failures((row.type_id, ALARMING[row.state]) for row in rows if _alarms(row))
        enqueue_settled((row.id, row.type_id, row.state, 0) for row in rows if _final(row))
    for item in notifications:
        if item.state == NotificationState.ACCEPTED:
            dispatch.publish_resolve(item.id, item.dispatch_no, item.lane)
    dispatch.publish(row.due() for row in rows if not _final(row))
    settled += [(row.notification_id, row.type_id) for row in rows if _final(row)]
    wipe([*settled, *((item.id, item.type_id) for item in notifications)])


def _notifications() -> list[Pending]:
    params: dict[str, Any] = {state.name.lower(): state.value for state in NotificationState}
    params["life"] = RESOLVE_LIFE
    with connection.cursor() as cursor:
        cursor.execute(NOTIFICATIONS, params)
        return [Pending(*row) for row in cursor.fetchall()]


def _deliveries(lane: Lane) -> list[Swept]:
    """Only channels whose queue is short: the rest of the rows just stay due."""
    channels = [channel.value for channel in Channel if dispatch.has_room(channel, lane)]
    params: dict[str, Any] = {state.name.lower(): state.value for state in State}
    params |= {"lane": lane.value, "quota": QUOTA[lane], "most_crashes": MOST_CRASHES}
    with connection.cursor() as cursor:
        cursor.execute(DELIVERIES, params | {"channels": channels, "life": HINT_LIFE[lane]})
        return [Swept(*row) for row in cursor.fetchall()]


def _alarms(row: Swept) -> bool:
    return row.lane == Lane.URGENT and row.state in ALARMING


def _final(row: Swept) -> bool:
    return row.state in FINAL


def _cells(row: Swept) -> list[Cell]:
    place = (hour_of(row.id), row.arm_id, row.type_id, row.channel, row.account_id)
    return Settled(*place, row.state, row.reason).cells()
