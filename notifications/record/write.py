"""Write a batch of changes in one transaction: states, attempts, dead contact points, increments.

Fenced by the lease: a row whose lease ran out belongs to somebody else, and only the attempt is
written, because it happened.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

from django.db import connection, transaction
from psycopg2 import sql

from channels.accounts.rate_limit import record_health
from channels.base import Lane, OutcomeKind
from notifications.alerts import tell_of_failures
from notifications.callback_models import Withdrawal
from notifications.counters import table as counters
from notifications.dispatch.claim import Claimed
from notifications.dispatch.dispatch import Due
from notifications.reasons import DEFERRALS
from notifications.record import candidates
from notifications.record.attempts import insert_attempts, of_settled, of_tries, tallies
from notifications.record.candidates import Candidate
from notifications.record.fallback import LOST, hasten
from notifications.record.outcomes import FOREVER, Change, Finished
from notifications.status_events.outbox import enqueue_settled
from notifications.statuses import FINAL, NotificationState, State
from notifications.variables import wipe
from notifyproj.core.clock import now as clock_now
from notifyproj.core.ids import day_in, partition_of
from notifyproj.core.sqlarrays import array, quoted_array
from preferences.facts.types import catalogue

DEFERRED = array(DEFERRALS)
NOT_SENT = frozenset({State.FAILED, State.UNCERTAIN})

UPDATE = sql.SQL("""
UPDATE {leaf} d SET
    state = u.state, reason = u.reason, due_at = u.due_at, held_by = u.held_by, lease_id = NULL,
    attempts = d.attempts + u.attempts, crashes = 0,
    outcome = greatest(d.outcome, u.outcome),
    account_id = coalesce(u.account_id, d.account_id),
    ready_at = CASE WHEN u.reason = ANY(%s) THEN coalesce(u.due_at, d.ready_at)
        ELSE d.ready_at END,
    settled_at = CASE WHEN u.due_at IS NULL THEN now() END
FROM unnest(%s::uuid[], %s::bigint[], %s::smallint[], %s::varchar[], %s::timestamptz[],
    %s::varchar[], %s::smallint[], %s::smallint[], %s::bigint[])
    AS u (id, lease, state, reason, due_at, held_by, attempts, outcome, account_id)
WHERE d.id = u.id AND d.lease_id = u.lease AND d.id = ANY(%s::uuid[])
RETURNING d.id::text, d.dispatch_no
""")

PARENTS = """
SELECT id::text, state FROM notification
WHERE id = ANY(%s::uuid[]) AND id BETWEEN %s::uuid AND %s::uuid ORDER BY id FOR SHARE
"""


def write(changes: Sequence[Change]) -> list[Due]:
    """Raises django.db.Error; writing the same changes again changes nothing. Returns what is
    urgent and due again already: it need not wait for the sweep."""
    ordered = sorted(changes, key=lambda change: change.row.id)  # one lock order for everybody
    with transaction.atomic():
        ordered = _cancel_retries(ordered)
        numbers = _update(ordered)
        written = [c for c in ordered if c.row.id in numbers]
        settled = [c for c in written if c.state in FINAL]
        tried = insert_attempts([c.finished for c in ordered if c.finished])
        counters.insert(of_settled(settled) + of_tries(tried))
        record_health(tallies(c.finished for c in ordered if c.finished))
        _tell(written, settled)
    wipe((c.row.notification_id, c.row.type_id) for c in ordered if c.state in FINAL)
    return [_due(c, numbers[c.row.id]) for c in written if _at_once(c)]


def _tell(written: Sequence[Change], settled: Sequence[Change]) -> None:
    """Whoever goes on from what became of these deliveries; mostly nobody but the services."""
    if refused := [(c.row, c.finished) for c in written if c.finished and _is_refused(c.finished)]:
        _note_refused(refused)
    if lost := [c.row.id for c in settled if _leaves_a_fallback(c)]:
        hasten(lost)
    if alarming := [(c.row.type_id, c.reason) for c in settled if _alarms(c)]:
        tell_of_failures(alarming)
    enqueue_settled((c.row.id, c.row.type_id, c.state, c.outcome) for c in settled)


def _alarms(change: Change) -> bool:
    """An urgent message that did not arrive, other than for its recipient's own address."""
    if change.row.lane != Lane.URGENT or change.state not in NOT_SENT:
        return False
    done = change.finished
    return done is None or done.outcome.kind != OutcomeKind.BAD_RECIPIENT


def _at_once(change: Change) -> bool:
    """An urgent message that goes elsewhere now."""
    done, due_at = change.finished, change.due_at
    return (
        change.row.lane == Lane.URGENT
        and change.state == State.WAITING
        and done is not None
        and due_at is not None
        and due_at <= clock_now()
    )


def _due(change: Change, dispatch_no: int) -> Due:
    row = change.row
    return Due(
        id=row.id, dispatch_no=dispatch_no, channel=row.channel, lane=row.lane, app_id=row.app_id
    )


def _update(changes: Sequence[Change]) -> dict[str, int]:
    """Partition by partition: mostly one. Returns the dispatch_no of each row that was ours."""
    written: dict[str, int] = {}
    for _, days_changes in groupby(changes, key=lambda change: day_in(change.row.id)):
        written |= _update_leaf(list(days_changes))
    return written


def _update_leaf(changes: Sequence[Change]) -> dict[str, int]:
    ids = array([c.row.id for c in changes])
    with connection.cursor() as cursor:
        cursor.execute(
            UPDATE.format(leaf=sql.Identifier(partition_of("delivery", changes[0].row.id))),
            [
                DEFERRED,
                ids,
                array([c.row.lease for c in changes]),
                array([c.state.value for c in changes]),
                quoted_array([c.reason for c in changes]),
                array([_instant(c.due_at) for c in changes]),
                array([c.held_by for c in changes]),
                array([c.attempts for c in changes]),
                array([c.outcome.value for c in changes]),
                array([c.account_id for c in changes]),
                ids,
            ],
        )
        return dict(cursor.fetchall())


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


def _note_refused(refused: Iterable[tuple[Claimed, Finished]]) -> None:
    """What providers called dead is noted, see `dead_addresses`: as registered when the attempt
    began. Who opted out at the provider is not dead, and is to be left alone from then on."""
    candidates.note(
        [_candidate(row, done) for row, done in refused if row.contact_point_id is not None]
    )


def _candidate(row: Claimed, done: Finished) -> Candidate:
    outcome = done.outcome
    return Candidate(
        account_id=done.account_id,
        contact_point_id=row.contact_point_id,
        channel=row.channel,
        reason=outcome.reason,
        dead_since=outcome.dead_since or done.started_at,
        withdrawal=Withdrawal.REFUSED if outcome.opted_out else Withdrawal.NONE,
        recipient_id=row.recipient_id if outcome.opted_out else None,
        evidence={"code": outcome.code} if outcome.opted_out else {},
    )


def _is_refused(done: Finished) -> bool:
    return done.outcome.kind == OutcomeKind.BAD_RECIPIENT


def _instant(value: datetime | None) -> str | None:
    if value is None:
        return None
    return "infinity" if value is FOREVER else f'"{value.isoformat()}"'
