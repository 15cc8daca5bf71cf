"""An endpoint that cannot keep up must not fill the disk: beyond a million waiting events, new
ones are not kept until it has caught up with half of them."""

from typing import NamedTuple

from django.db import connection, transaction

from notifyproj.core.alerts.alerts import alert_raise, alert_resolve

MOST_WAITING = 1_000_000
REASON = "Too many events wait: it cannot keep up, and new ones are not kept"

# Counts no further than the limit.
WAITING = """
SELECT e.id, e.full_since IS NOT NULL, (
    SELECT count(*) FROM (
        SELECT FROM status_event v WHERE v.endpoint_id = e.id AND v.due_at IS NOT NULL
        LIMIT %s
    ) waiting)
FROM status_endpoint e ORDER BY e.id
"""
FULL = """
UPDATE status_endpoint SET full_since = now(), tell_owner = true,
    reason = CASE WHEN reason = '' THEN %s ELSE reason END
WHERE id = %s AND full_since IS NULL
"""
ROOM = """
UPDATE status_endpoint SET full_since = NULL,
    reason = CASE WHEN reason = %s THEN '' ELSE reason END
WHERE id = %s
"""


class Backlog(NamedTuple):
    endpoint_id: int
    is_full: bool
    waiting: int


def bound() -> None:
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [MOST_WAITING])
        backlogs = [Backlog(*row) for row in cursor.fetchall()]
    for one in backlogs:
        if not one.is_full and one.waiting >= MOST_WAITING:
            _close(one.endpoint_id)
        elif one.is_full and one.waiting <= MOST_WAITING // 2:
            _open(one.endpoint_id)


def _close(endpoint_id: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FULL, [REASON, endpoint_id])
        title = f"Status endpoint {endpoint_id} cannot keep up"
        alert_raise(key=_key(endpoint_id), title=title, detail=REASON)


def _open(endpoint_id: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(ROOM, [REASON, endpoint_id])
        alert_resolve(key=_key(endpoint_id))


def _key(endpoint_id: int) -> str:
    return f"status-endpoint-full:{endpoint_id}"
