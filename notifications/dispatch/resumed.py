"""Rows that wait for their next attempt because an account failed or refused them, once that
account is in use again or was corrected: due at once, in waves, instead of after their delay.
A part of the sweep, in its transaction.

Which of them wait for a time is found among those that are due soonest, by the index of `due_at`.
"""

from datetime import timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.backends.utils import CursorWrapper

from channels.accounts.health import STALE
from channels.base import Lane
from notifications.statuses import State

WAVE = 2_000  # rows a second, account and lane
LOOK = 20_000  # rows of a lane that are looked at, those that are due first
LONGEST = timedelta(minutes=1)  # then the rest waits out its delays: most are over by then

# An attempt that began with the old settings may be recorded shortly after: its row is looked
# for until then, and as long as waves are full.
ACCOUNTS = """
SELECT id, channel, app_id, resumed_at < now() - %(stale)s,
    resumed_at < now() - %(longest)s OR resumed_at IS NULL
FROM provider_account WHERE retry_now FOR NO KEY UPDATE SKIP LOCKED
"""

RETRY = """
WITH waiting AS MATERIALIZED (
    SELECT id FROM (
        SELECT id, state, reason, account_id, channel, app_id FROM delivery
        WHERE lane = %(lane)s AND due_at > now() AND due_at < 'infinity'
        ORDER BY due_at LIMIT %(look)s
    ) soon
    WHERE state = %(state)s AND (
        (reason = 'retry' AND account_id = %(id)s)
        OR (reason IN ('account_held', 'provider_down')
            AND channel = %(channel)s AND app_id IS NOT DISTINCT FROM %(app_id)s))
    LIMIT %(wave)s
), free AS (
    SELECT d.id FROM delivery d JOIN waiting w ON w.id = d.id
    WHERE d.state = %(state)s FOR NO KEY UPDATE OF d SKIP LOCKED
)
UPDATE delivery d SET due_at = now() FROM free WHERE d.id = free.id
"""

DONE = "UPDATE provider_account SET retry_now = false WHERE id = %s"


class Resumed(NamedTuple):
    id: int
    channel: str
    app_id: int | None
    proven: bool  # nothing is recorded any more that began before
    over: bool


def retry_resumed() -> None:
    with connection.cursor() as cursor:
        params: dict[str, Any] = {"stale": STALE, "longest": LONGEST}
        cursor.execute(ACCOUNTS, params)
        for account in [Resumed(*row) for row in cursor.fetchall()]:
            full = [_retry(cursor, account, lane) == WAVE for lane in Lane]
            if account.over or (account.proven and not any(full)):
                cursor.execute(DONE, [account.id])


def _retry(cursor: CursorWrapper, account: Resumed, lane: Lane) -> int:
    params: dict[str, Any] = {"lane": lane.value, "look": LOOK, "wave": WAVE}
    params |= {"id": account.id, "channel": account.channel, "app_id": account.app_id}
    cursor.execute(RETRY, params | {"state": State.WAITING.value})
    return int(cursor.rowcount)
