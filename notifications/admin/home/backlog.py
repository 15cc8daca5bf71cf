"""What waits, and for what: read from the two indexes of rows that wait, so many rows of each."""

from datetime import datetime
from typing import NamedTuple

from django.db import connection

from channels.base import Lane
from notifications.holders import PAUSED
from notifications.reasons import reason_text

MOST_HOLDERS = 20
MOST_COUNTED = 10_000
SAMPLED = 500  # rows of each lane, the ones that are due first

# Steps from one holder to the next by the index, and counts of each no more than is said.
HELD = """
WITH RECURSIVE holder AS (
    SELECT min(held_by) AS name, 1 AS place FROM delivery WHERE held_by IS NOT NULL
    UNION ALL
    SELECT (SELECT min(held_by) FROM delivery WHERE held_by > holder.name), place + 1
    FROM holder WHERE holder.name IS NOT NULL AND place < %(most_holders)s
)
SELECT name, coalesce(slug, ''), (SELECT count(*) FROM (
    SELECT FROM delivery WHERE held_by = holder.name LIMIT %(most)s) counted)
FROM holder LEFT JOIN provider_account a ON name = 'account:' || a.id WHERE name IS NOT NULL
"""
DUE = """
SELECT lane, reason, count(*), min(due_at), max(due_at) FROM (
    SELECT l.lane, d.reason, d.due_at FROM unnest(%(lanes)s) AS l (lane), LATERAL (
        SELECT reason, due_at FROM delivery
        WHERE lane = l.lane AND due_at IS NOT NULL AND due_at < 'infinity'
        ORDER BY due_at LIMIT %(most)s
    ) d
) sampled GROUP BY lane, reason
"""


class Held(NamedTuple):
    """Rows that wait for a provider account, or for a notification that is paused."""

    account: str  # "" for a notification
    n: int
    more: bool

    @property
    def text(self) -> str:
        return f"{self.account} is not available" if self.account else "Notification paused"


class Due(NamedTuple):
    """Of the rows of a lane that are due first."""

    lane: Lane
    reason: str
    n: int
    first: datetime

    @property
    def text(self) -> str:
        return reason_text(self.reason) or "Processing"


def held() -> list[Held]:
    with connection.cursor() as cursor:
        cursor.execute(HELD, {"most_holders": MOST_HOLDERS, "most": MOST_COUNTED + 1})
        rows = cursor.fetchall()
    paused = sum(n for name, _, n in rows if name.startswith(PAUSED))
    found = [
        Held(slug or name, min(n, MOST_COUNTED), n > MOST_COUNTED)
        for name, slug, n in rows
        if not name.startswith(PAUSED)
    ]
    return [*found, Held("", paused, False)] if paused else found


def due() -> list[Due]:
    with connection.cursor() as cursor:
        cursor.execute(DUE, {"lanes": [lane.value for lane in Lane], "most": SAMPLED})
        rows = cursor.fetchall()
    found = [Due(Lane(lane), reason, n, first) for lane, reason, n, first, _ in rows]
    return sorted(found, key=lambda one: (one.lane, -one.n))
