"""Deliveries that events are about: locked, judged by `transitions`, and written with the counters.
All in the caller's transaction, a statement each for a whole batch of one day."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from django.db import connection
from psycopg2 import sql

from channels.base import OutcomeKind
from channels.transport.look_up import FOUND
from notifications.callbacks.fold.counted import after, before, heard
from notifications.callbacks.fold.late_failures import due
from notifications.callbacks.fold.parse import Told
from notifications.callbacks.fold.transitions import Row, Tries, Verdict, verdict
from notifications.counters import table as counters
from notifyproj.core.clock import now as clock_now
from notifyproj.core.ids import day_in, partition_of
from notifyproj.core.sqlarrays import array, quoted_array

LOCK = sql.SQL("""
SELECT id::text, state, outcome, claims, account_id, channel, type_id, notification_id::text,
    recipient_id, contact_point_id, lane, coalesce(arm_id, 0), reason,
    attempts, expires_at
FROM {leaf} WHERE id = ANY(%s::uuid[]) ORDER BY id FOR NO KEY UPDATE
""")
TRIES = sql.SQL("""
SELECT delivery_id::text, number, account_id, outcome, code FROM {leaf}
WHERE delivery_id = ANY(%s::uuid[])
""")
# Only what a move changes is changed by a move: else no index is touched.
UPDATE = sql.SQL("""
UPDATE {leaf} d SET outcome = u.outcome, state = u.state,
    reason = CASE WHEN u.moved THEN u.reason ELSE d.reason END,
    account_id = coalesce(u.account_id, d.account_id),
    attempts = CASE WHEN u.moved THEN greatest(d.attempts, 1) ELSE d.attempts END,
    lease_id = CASE WHEN u.moved THEN NULL ELSE d.lease_id END,
    due_at = CASE WHEN u.moved THEN u.due_at ELSE d.due_at END,
    ready_at = coalesce(u.due_at, d.ready_at),
    crashes = CASE WHEN u.moved THEN 0 ELSE d.crashes END,
    dispatch_no = CASE WHEN u.due_at IS NULL THEN d.dispatch_no ELSE d.dispatch_no + 1 END,
    held_by = CASE WHEN u.moved THEN NULL ELSE d.held_by END,
    settled_at = CASE WHEN u.due_at IS NOT NULL THEN NULL WHEN u.moved THEN now()
        ELSE d.settled_at END
FROM unnest(%s::uuid[], %s::smallint[], %s::smallint[], %s::varchar[], %s::bigint[],
    %s::boolean[], %s::timestamptz[]) AS u (id, outcome, state, reason, account_id, moved, due_at)
WHERE d.id = u.id AND d.id = ANY(%s::uuid[])
""")


class Locked(NamedTuple):
    rows: dict[str, Row]
    tries: dict[str, Tries]


def lock(told: Sequence[Told]) -> Locked:
    """The deliveries that exist, in the order in which everybody locks them."""
    rows: dict[str, Row] = {}
    tries: dict[str, dict[int, int | None]] = {}
    doubted: dict[str, dict[int, bool]] = {}  # tries without an answer; True: that found another
    ids = sorted({one.id for one in told if one.is_ours})
    for _, of_day in groupby(ids, key=day_in):
        day = list(of_day)
        with connection.cursor() as cursor:
            cursor.execute(
                LOCK.format(leaf=sql.Identifier(partition_of("delivery", day[0]))), [array(day)]
            )
            rows |= {row[0]: Row._make(row) for row in cursor.fetchall()}
            cursor.execute(
                TRIES.format(leaf=sql.Identifier(partition_of("attempt", day[0]))), [array(day)]
            )
            for id_, number, account_id, outcome, code in cursor.fetchall():
                tries.setdefault(id_, {})[number] = account_id
                if code == FOUND or outcome == OutcomeKind.UNCERTAIN:
                    doubted.setdefault(id_, {})[number] = code == FOUND
    rows |= {id_: _as_sent(rows[id_], of_it) for id_, of_it in doubted.items() if id_ in rows}
    return Locked(rows, dict(tries))


def _as_sent(row: Row, doubted: Mapping[int, bool]) -> Row:
    """What a last attempt only found is the message of the one that was not answered."""
    unanswered = [number for number, was_found in doubted.items() if not was_found]
    if unanswered and doubted.get(row.claims):
        return row._replace(claims=min(unanswered))
    return row


def settle(told: Sequence[Told], locked: Locked) -> list[Verdict]:
    """Settles the deliveries and returns what changed."""
    by_delivery: dict[str, list[Told]] = {}
    for one in told:
        if one.id in locked.rows:
            by_delivery.setdefault(one.id, []).append(one)
    again = due(by_delivery, locked.rows, locked.tries, clock_now())
    found = [
        verdict(locked.rows[id_], of_it, locked.tries.get(id_, {}), again.get(id_))
        for id_, of_it in sorted(by_delivery.items())
    ]
    verdicts = [one for one in found if one is not None]
    for _, of_day in groupby(verdicts, key=lambda one: day_in(one.row.id)):
        _update(list(of_day))
    counters.move(
        gone=(cell for one in verdicts for cell in before(one.row)),
        come=(cell for one in verdicts for cell in after(one)),
    )
    counters.add(heard(told, locked.rows))
    return verdicts


def _update(verdicts: Sequence[Verdict]) -> None:
    ids = array(one.row.id for one in verdicts)
    with connection.cursor() as cursor:
        cursor.execute(
            UPDATE.format(leaf=sql.Identifier(partition_of("delivery", verdicts[0].row.id))),
            [
                ids,
                array(one.outcome.value for one in verdicts),
                array(one.state.value for one in verdicts),
                quoted_array(one.reason[:64] for one in verdicts),
                array(one.account_id for one in verdicts),
                array(one.is_move for one in verdicts),
                array(f'"{one.due_at.isoformat()}"' if one.due_at else None for one in verdicts),
                ids,
            ],
        )
