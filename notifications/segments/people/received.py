"""Who was sent something, read from the log some minutes after: nothing is written for it while
messages are sent.

A day of the log is read by its blocks, a stretch at a time, again and again while it changes;
each reading takes what settled since the one before began. So it matters not in which order
things were written, deferred, retried or fed by a campaign, and reading something twice changes
nothing.
"""

from datetime import UTC, date, datetime, timedelta
from time import monotonic
from typing import Any

from django.db import connection, transaction
from psycopg2 import sql

from notifications.partitions import existing
from notifications.segments.models import ReadDay
from notifications.statuses import ProviderOutcome, State
from notifyproj.core import clock
from notifyproj.core.ids import partition

BLOCKS = 4_096  # a stretch: 32 MB of the log
TURN = 1.0  # seconds; then the next tick goes on
EVERY = timedelta(minutes=10)  # between the beginnings of two readings of a day
MARGIN = timedelta(minutes=2)  # longer than a transaction that settles something
DAYS = 9  # a delivery lives at most a week

WRITE = sql.SQL("""
INSERT INTO recipient_received AS a (recipient_id, type_id, arm_id, last_on)
SELECT n.* FROM (
    SELECT d.recipient_id, d.type_id, COALESCE(d.arm_id, 0) AS arm_id,
           max((d.settled_at AT TIME ZONE 'UTC')::date) AS last_on
    FROM {leaf} d
    WHERE d.ctid >= %(start)s::tid AND d.ctid < %(end)s::tid
      AND d.state = %(sent)s AND d.outcome < %(failed)s AND d.recipient_id IS NOT NULL
      AND d.settled_at >= %(since)s
    GROUP BY 1, 2, 3
) n
WHERE NOT EXISTS (
    SELECT FROM recipient_received o WHERE o.recipient_id = n.recipient_id
      AND o.type_id = n.type_id AND o.arm_id = n.arm_id AND o.last_on >= n.last_on
)
ORDER BY 1, 2, 3
ON CONFLICT (recipient_id, type_id, arm_id) DO UPDATE SET last_on = EXCLUDED.last_on
WHERE a.last_on < EXCLUDED.last_on
""")
SIZE = """
SELECT pg_relation_size(c.oid) / current_setting('block_size')::bigint,
       pg_stat_get_tuples_inserted(c.oid) + pg_stat_get_tuples_updated(c.oid)
FROM pg_class c WHERE c.oid = to_regclass(%s)
"""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def read_log() -> int:
    """For a TURN at most; how many stretches it read."""
    stop, stretches = monotonic() + TURN, 0
    for day in _days():
        while monotonic() < stop and _read_on(day):
            stretches += 1
    return stretches


def _days() -> list[date]:
    """The newest first."""
    today = clock.now().date()
    found = [day for table, day in existing() if table == "delivery"]
    return sorted((d for d in found if 0 <= (today - d).days <= DAYS), reverse=True)


def _read_on(day: date) -> bool:
    """One stretch; whether there was one to read. Who finds another at it leaves it alone."""
    now = clock.now()
    blocks, changes = _size(day)
    ReadDay.objects.get_or_create(day=day, defaults={"started_at": now, "changes": changes})
    with transaction.atomic():
        row = ReadDay.objects.select_for_update(skip_locked=True).filter(day=day).first()
        if row is None or (row.is_done and not _begin_again(row, changes, now)):
            return False
        end = min(row.block + BLOCKS, blocks)
        _write(row, end)
        row.block, row.is_done = end, end >= blocks
        row.save()
    return True


def _begin_again(row: ReadDay, changes: int, now: datetime) -> bool:
    """Whether it is time, and something changed meanwhile."""
    if row.changes == changes or now - row.started_at < EVERY:
        return False
    row.since = row.started_at - MARGIN
    row.block, row.started_at, row.changes = 0, now, changes
    return True


def _write(row: ReadDay, end: int) -> None:
    params: dict[str, Any] = {
        "start": f"({row.block},0)",
        "end": f"({end},0)",
        "since": row.since or LONG_AGO,
        "sent": State.SENT.value,
        "failed": ProviderOutcome.FAILED.value,
    }
    with connection.cursor() as cursor:
        leaf = sql.Identifier(partition("delivery", row.day))
        cursor.execute(WRITE.format(leaf=leaf), params)


def _size(day: date) -> tuple[int, int]:
    """(blocks, how often something was written) of the partition of a day."""
    with connection.cursor() as cursor:
        cursor.execute(SIZE, [partition("delivery", day)])
        blocks, changes = cursor.fetchone() or (0, 0)
        return int(blocks), int(changes)
