"""An operator sends failed deliveries again: each becomes WAITING with all its attempts before it.

Counters take the failure back, so that what was created stays the sum of the rest; an event of the
delivery says who asked. A delivery that did not fail (any more) is left alone, so asking twice
sends once.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from django.db import connection, transaction
from psycopg2 import sql

from channels.base import OutcomeKind
from notifications.counters import table as counters
from notifications.counters.cells import Settled, hour_of
from notifications.statuses import NotificationState, ProviderOutcome, State
from notifyproj.core.ids import day_in, partition_of
from notifyproj.core.sqlarrays import array, bytea_array

REASON = "retried_by_hand"
EVENT = "retried"  # not a provider's kind of event
SPREAD = "2 seconds"
DEAD = {ProviderOutcome.SUPPRESSED, ProviderOutcome.BOUNCED}

READ = sql.SQL("""
SELECT d.id::text, d.state, d.outcome, d.expires_at, a.outcome, n.state, n.variables = ''
FROM {delivery} d
LEFT JOIN {attempt} a ON a.delivery_id = d.id AND a.number = d.claims
LEFT JOIN {notification} n ON n.id = d.notification_id
WHERE d.id = ANY(%s::uuid[]) ORDER BY d.id
""")
RESEND = sql.SQL("""
WITH failed AS (
    SELECT id, state, reason, outcome FROM {delivery}
    WHERE id = ANY(%(ids)s::uuid[]) AND state = %(failed)s ORDER BY id FOR NO KEY UPDATE
)
UPDATE {delivery} d SET state = %(waiting)s, outcome = 0, reason = %(reason)s, attempts = 0,
    crashes = 0, settled_at = NULL, lease_id = NULL, held_by = NULL, ready_at = now(),
    due_at = now() + random() * %(spread)s::interval, dispatch_no = d.dispatch_no + 1,
    expires_at = greatest(d.expires_at, %(expires_at)s)
FROM failed WHERE d.id = failed.id AND d.id = ANY(%(ids)s::uuid[])
RETURNING d.id::text, coalesce(d.arm_id, 0), d.type_id, d.channel, coalesce(d.account_id, 0),
    failed.state, failed.reason, failed.outcome, d.claims
""")
NOTE = sql.SQL("""
INSERT INTO {event} (delivery_id, key, kind, at, received_at, machine, code, reason, provider_id,
    detail)
SELECT id, key, %s, now(), now(), false, '', %s, '', ''
FROM unnest(%s::uuid[], %s::bytea[]) AS u (id, key) ON CONFLICT DO NOTHING
""")

REFUSED = {
    "state": "did not fail, or are being resent",
    "wiped": "carried variables that were wiped",
    "cancelled": "were cancelled",
    "dead": "went to a rejected address",
    "late": "have expired",
}


class ResendOptions(NamedTuple):
    by: str
    dead_too: bool = False  # also to addresses that were refused
    lifetime: timedelta | None = None  # from now on, for what is past its time, too


class Judged(NamedTuple):
    """Of one delivery: "" when it goes out again, else a key of REFUSED."""

    id: str
    refused: str


class Candidate(NamedTuple):
    id: str
    state: int
    outcome: int
    expires_at: datetime
    last_try: int | None
    parent: int | None
    is_wiped: bool | None


def judged(ids: Sequence[str], options: ResendOptions, now: datetime) -> list[Judged]:
    """What would become of each, without doing it; of ids that exist."""
    found: list[Judged] = []
    for _, of_day in groupby(sorted(ids), key=day_in):
        day = list(of_day)
        with connection.cursor() as cursor:
            cursor.execute(_of_day(READ, day[0]), [array(day)])
            rows = [Candidate._make(row) for row in cursor.fetchall()]
        found += [Judged(row.id, refusal(row, options, now)) for row in rows]
    return found


def refusal(row: Candidate, options: ResendOptions, now: datetime) -> str:
    """Returns the first reason why a delivery is not resent; "" where there is none."""
    dead = row.outcome in DEAD or row.last_try == OutcomeKind.BAD_RECIPIENT
    refusals = {
        "state": row.state != State.FAILED,
        "wiped": row.parent is None or bool(row.is_wiped),
        "cancelled": row.parent == NotificationState.CANCELLED,
        "dead": dead and not options.dead_too,
        "late": row.expires_at <= now and options.lifetime is None,
    }
    return next((name for name, holds in refusals.items() if holds), "")


class Resent(NamedTuple):
    n: int
    refused: Counter[str]


def resend(ids: Sequence[str], options: ResendOptions, now: datetime) -> Resent:
    """Resends what may be resent, in one transaction for each day of ids."""
    seen = judged(ids, options, now)
    good = [one.id for one in seen if not one.refused]
    n = sum(_resend_day(list(of_day), options, now) for _, of_day in groupby(good, key=day_in))
    refused = Counter(one.refused for one in seen if one.refused)
    refused["state"] += len(good) - n  # somebody was faster
    return Resent(n, +refused)


@transaction.atomic
def _resend_day(ids: list[str], options: ResendOptions, now: datetime) -> int:
    params: dict[str, Any] = {"ids": array(ids), "reason": REASON, "spread": SPREAD}
    params |= {"failed": State.FAILED.value, "waiting": State.WAITING.value}
    params["expires_at"] = now + (options.lifetime or timedelta(0))
    with connection.cursor() as cursor:
        cursor.execute(_of_day(RESEND, ids[0]), params)
        rows = cursor.fetchall()
        keys = [_key(id_, claims) for id_, *_, claims in rows]
        event = _of_day(NOTE, ids[0])
        told = [EVENT, f"Asked for by {options.by}"[:200], array(row[0] for row in rows)]
        cursor.execute(event, [*told, bytea_array(keys)])
    before = [Settled(hour_of(id_), *rest) for id_, *rest, _ in rows]
    counters.move(gone=(cell for one in before for cell in one.cells()), come=())
    return len(rows)


def _key(id_: str, claims: int) -> bytes:
    """Of the event: another retry of it, after other attempts, is another event."""
    return hashlib.sha256(f"{EVENT}|{id_}|{claims}".encode()).digest()[:16]


def _of_day(statement: sql.SQL, id_: str) -> sql.Composed:
    tables = ("delivery", "attempt", "notification", "event")
    return statement.format(**{table: sql.Identifier(partition_of(table, id_)) for table in tables})
