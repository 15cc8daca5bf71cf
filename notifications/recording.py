"""Write a batch of changes in one transaction: states, attempts, dead contact points, increments.

Fenced by the lease: a row whose lease ran out belongs to somebody else, and only the attempt is
written, because it happened.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

from django.db import connection, transaction
from psycopg2 import sql

from channels import health
from channels.base import OutcomeKind
from notifications.counters import Cell, add, hour_of
from notifications.fallback import LOST, hasten
from notifications.partitions import leaf
from notifications.record import FOREVER, Change, Finished, excerpt
from notifications.statuses import FINAL, NotificationState, State
from notifications.wiping import wipe
from notifyproj.core.ids import day_in
from notifyproj.core.sqlarrays import array, quoted_array
from preferences.catalogue import catalogue
from preferences.contact_points import deactivate

UPDATE = sql.SQL("""
UPDATE {leaf} d SET
    state = u.state, reason = u.reason, due_at = u.due_at, held_by = u.held_by, lease_id = NULL,
    attempts = d.attempts + u.attempts, crashes = 0,
    outcome = greatest(d.outcome, u.outcome),
    account_id = coalesce(u.account_id, d.account_id),
    settled_at = CASE WHEN u.due_at IS NULL THEN now() END
FROM unnest(%s::uuid[], %s::bigint[], %s::smallint[], %s::varchar[], %s::timestamptz[],
    %s::varchar[], %s::smallint[], %s::smallint[], %s::bigint[])
    AS u (id, lease, state, reason, due_at, held_by, attempts, outcome, account_id)
WHERE d.id = u.id AND d.lease_id = u.lease AND d.id = ANY(%s::uuid[])
RETURNING d.id::text
""")

ATTEMPTS = """
INSERT INTO attempt (delivery_id, number, account_id, started_at, duration_ms, outcome,
    response_status, code, reason, provider_id, response_excerpt)
SELECT * FROM unnest(%s::uuid[], %s::smallint[], %s::bigint[], %s::timestamptz[], %s::int[],
    %s::smallint[], %s::smallint[], %s::varchar[], %s::varchar[], %s::varchar[], %s::varchar[])
ON CONFLICT DO NOTHING
"""

PARENTS = """
SELECT id::text, state FROM notification
WHERE id = ANY(%s::uuid[]) AND id BETWEEN %s::uuid AND %s::uuid ORDER BY id FOR SHARE
"""


def write(changes: Sequence[Change]) -> None:
    """Raises django.db.Error; writing the same changes again changes nothing."""
    ordered = sorted(changes, key=lambda change: change.row.id)  # one lock order for everybody
    with transaction.atomic():
        ordered = _cancel_retries(ordered)
        written = _update(ordered)
        _insert_attempts(ordered)
        add(_cell(c) for c in ordered if c.row.id in written and c.state in FINAL)
        _bury([c for c in ordered if c.row.id in written])
        _health(ordered)
        hasten(c.row.id for c in ordered if c.row.id in written and _leaves_a_fallback(c))
    wipe((c.row.notification_id, c.row.type_id) for c in ordered if c.state in FINAL)


def _update(changes: Sequence[Change]) -> set[str]:
    """Partition by partition: mostly one."""
    written: set[str] = set()
    for _, days_changes in groupby(changes, key=lambda change: day_in(change.row.id)):
        written |= _update_leaf(list(days_changes))
    return written


def _update_leaf(changes: Sequence[Change]) -> set[str]:
    ids = array(c.row.id for c in changes)
    with connection.cursor() as cursor:
        cursor.execute(
            UPDATE.format(leaf=leaf("delivery", changes[0].row.id)),
            [
                ids,
                array(c.row.lease for c in changes),
                array(c.state.value for c in changes),
                quoted_array(c.reason for c in changes),
                array(_instant(c.due_at) for c in changes),
                array(c.held_by for c in changes),
                array(c.attempts for c in changes),
                array(c.outcome.value for c in changes),
                array(c.account_id for c in changes),
                ids,
            ],
        )
        return {row[0] for row in cursor.fetchall()}


def _insert_attempts(changes: Iterable[Change]) -> None:
    tries = [c.finished for c in changes if c.finished]
    if not tries:
        return
    answers = [_answer(done) for done in tries]
    with connection.cursor() as cursor:
        cursor.execute(
            ATTEMPTS,
            [
                array(done.row.id for done in tries),
                array(done.row.claims for done in tries),
                array(done.account_id for done in tries),
                array(_instant(done.started_at) for done in tries),
                array(int(done.duration * 1000) for done in tries),
                array(done.outcome.kind.value for done in tries),
                array(status for status, _ in answers),
                quoted_array(done.outcome.code[:64] for done in tries),
                quoted_array(done.outcome.reason[:200] for done in tries),
                quoted_array(done.outcome.provider_id[:200] for done in tries),
                quoted_array(text for _, text in answers),
            ],
        )


def _answer(done: Finished) -> tuple[int | None, str]:
    """Of a sensitive type only the status: providers quote what they refuse."""
    status, text = excerpt(done.result)
    type_ = catalogue.get().by_id.get(done.row.type_id)
    return status, "" if type_ is None or type_.sensitive else text


def _cancel_retries(changes: list[Change]) -> list[Change]:
    """A retry of a cancelled notification is cancelled. Cancelling locks the notification, so
    one of the two sees the other."""
    waiting = [c for c in changes if c.state == State.WAITING]
    if not waiting:
        return changes
    parents = sorted({c.row.notification_id for c in waiting})
    with connection.cursor() as cursor:
        cursor.execute(PARENTS, [array(parents), parents[0], parents[-1]])
        gone = {id_ for id_, state in cursor.fetchall() if state == NotificationState.CANCELLED}
    return [_cancelled(c) if c.row.notification_id in gone else c for c in changes]


def _cancelled(change: Change) -> Change:
    if change.state != State.WAITING:
        return change
    return Change(
        change.row,
        State.CANCELLED,
        "cancelled",
        attempts=change.attempts,
        account_id=change.account_id,
        finished=change.finished,
    )


def _leaves_a_fallback(change: Change) -> bool:
    type_ = catalogue.get().by_id.get(change.row.type_id)
    return change.state in LOST and type_ is not None and bool(type_.fallbacks)


def _cell(change: Change) -> Cell:
    row = change.row
    return Cell(hour_of(row.id), 0, row.type_id, row.channel, change.state.value)


def _bury(changes: Iterable[Change]) -> None:
    """Contact points that their provider called dead: as registered when the try began."""
    for change in changes:
        done = change.finished
        if done is None or done.outcome.kind != OutcomeKind.BAD_RECIPIENT:
            continue
        if change.row.contact_point_id is not None:
            deactivate(
                contact_point_id=change.row.contact_point_id,
                reason=done.outcome.reason,
                registered_before=done.outcome.dead_since or done.started_at,
            )


def _health(changes: Iterable[Change]) -> None:
    """What this flush saw of each account; a 4xx answer is a healthy one, and what never left
    for the provider says nothing."""
    seen: dict[int, list[int]] = {}
    for done in (c.finished for c in changes):
        if done is None or not done.account_id or not _asked(done):
            continue
        tally = seen.setdefault(done.account_id, [0, 0, 0])
        match done.outcome.kind:
            case OutcomeKind.RETRY | OutcomeKind.UNCERTAIN:
                tally[1] += 1
            case OutcomeKind.THROTTLED:
                tally[2] += 1
            case _:
                tally[0] += 1
    health.record_health({account: tuple(tally) for account, tally in seen.items()})


def _asked(done: Finished) -> bool:
    return done.result is not None or done.outcome.kind in (
        OutcomeKind.RETRY,
        OutcomeKind.THROTTLED,
        OutcomeKind.UNCERTAIN,
    )


def _instant(value: datetime | None) -> str | None:
    if value is None:
        return None
    return "infinity" if value is FOREVER else f'"{value.isoformat()}"'
