"""Rows that wait for a provider account which is held, or for a notification which is paused:
released in waves once they can go, or one of them as a probe. A part of the sweep, in its
transaction.
"""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.backends.utils import CursorWrapper

from channels.models import ProviderAccount
from notifications.counters.cells import Cell, hour_of
from notifications.counters.table import add
from notifications.holders import PAUSED, by_account
from notifications.status_events.outbox import enqueue_settled
from notifications.statuses import NotificationState, State
from notifyproj.core.clock import now as clock_now

RELEASE = 2_000  # rows a second and account
SPREAD = 2.0  # seconds over which a release is spread

# Steps from one holder to the next by the index, however many rows each holds.
HOLDERS = """
WITH RECURSIVE holder AS (
    SELECT min(held_by) AS name FROM delivery WHERE held_by IS NOT NULL
    UNION ALL
    SELECT (SELECT min(held_by) FROM delivery WHERE held_by > holder.name)
    FROM holder WHERE holder.name IS NOT NULL
)
SELECT name FROM holder WHERE name IS NOT NULL
"""

RELEASE_HELD = """
UPDATE delivery d SET held_by = NULL, due_at = now() + random() * %(spread)s::interval,
    ready_at = CASE WHEN d.reason = 'on_hold' THEN now() ELSE d.ready_at END,
    reason = CASE WHEN d.reason IN ('account_held', 'on_hold') THEN '' ELSE d.reason END
FROM (SELECT id FROM delivery WHERE held_by = %(held_by)s LIMIT %(quota)s
      FOR NO KEY UPDATE SKIP LOCKED) held
WHERE d.id = held.id
"""

EXPIRE_HELD = """
UPDATE delivery d SET state = %(expired)s, reason = 'expired', held_by = NULL, due_at = NULL,
    settled_at = now()
FROM (SELECT id FROM delivery WHERE held_by = %(held_by)s AND expires_at <= now()
      LIMIT %(quota)s FOR NO KEY UPDATE SKIP LOCKED) held
WHERE d.id = held.id
RETURNING d.id::text, d.notification_id::text, coalesce(d.arm_id, 0), d.type_id, d.channel,
    coalesce(d.account_id, 0)
"""

STILL_PAUSED = "SELECT id::text FROM notification WHERE id = ANY(%s::uuid[]) AND state = %s"


class Expired(NamedTuple):
    id: str
    notification_id: str
    arm_id: int
    type_id: int
    channel: str
    account_id: int

    def cell(self) -> Cell:
        return Cell(hour_of(self.id), *self[2:], State.EXPIRED.value, "expired")


class Held(NamedTuple):
    """An account as the sweep sees it."""

    id: int
    channel: str
    app_id: int | None
    enabled: bool
    held_at: datetime | None
    held_by: str
    probe_at: datetime | None

    @property
    def usable(self) -> bool:
        return self.enabled and self.held_at is None

    def wants_probe(self, now: datetime) -> bool:
        due = self.probe_at is not None and self.probe_at <= now
        return due and self.enabled and not self.held_by


def release_held() -> list[tuple[str, int]]:
    """Returns (notification id, type id) of rows whose time was over while they were held."""
    expired: list[Expired] = []
    with connection.cursor() as cursor:
        cursor.execute(HOLDERS)
        holders = [row[0] for row in cursor.fetchall()]
        waiting = _waiting(clock_now()) | _paused(cursor, holders) if holders else {}
        for holder in holders:
            params = {"held_by": holder, "quota": RELEASE, "expired": State.EXPIRED.value}
            cursor.execute(EXPIRE_HELD, params)
            expired += [Expired(*row) for row in cursor.fetchall()]
            if (probes := waiting.get(holder)) is None:
                _release(cursor, holder, RELEASE, SPREAD)
            elif probes:
                _release(cursor, holder, 1, 0.0)
    add(row.cell() for row in expired)
    enqueue_settled((row.id, row.type_id, State.EXPIRED, 0) for row in expired)
    return [(row.notification_id, row.type_id) for row in expired]


def _release(cursor: CursorWrapper, holder: str, most: int, seconds: float) -> None:
    params: dict[str, Any] = {"held_by": holder, "quota": most, "spread": f"{seconds} seconds"}
    cursor.execute(RELEASE_HELD, params)


def _waiting(now: datetime) -> dict[str, bool]:
    """Holders whose rows cannot go, neither through the account nor another of its app; and
    whether one of them may go as a probe, which whoever claims it has to take."""
    accounts = [Held(*row) for row in ProviderAccount.objects.values_list(*Held._fields)]
    usable = {(account.channel, account.app_id) for account in accounts if account.usable}
    return {
        by_account(account.id): account.wants_probe(now)
        for account in accounts
        if account.held_at is not None and (account.channel, account.app_id) not in usable
    }


def _paused(cursor: CursorWrapper, holders: list[str]) -> dict[str, bool]:
    """Holders that are paused notifications: nothing of theirs goes, not even a probe."""
    ids = [name.removeprefix(PAUSED) for name in holders if name.startswith(PAUSED)]
    if not ids:
        return {}
    cursor.execute(STILL_PAUSED, [ids, NotificationState.PAUSED.value])
    return {f"{PAUSED}{row[0]}": False for row in cursor.fetchall()}
