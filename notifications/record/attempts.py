"""Attempts into the log, one statement for all of them; and what a flush adds to the counters, one
tally for thousands of rows, and to the health of accounts.

Rows are first counted by plain tuples, of which there are few different ones; cells are made of
those: so it costs about a microsecond a delivery.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection

from channels.accounts.rate_limit import Tally
from channels.base import HttpResponse, OutcomeKind, SmtpReply
from notifications.counters.cells import COST, Cell, Settled, hour_of, latency
from notifications.record.outcomes import Change, Finished, excerpt
from notifyproj.core.sqlarrays import array, quoted_array
from preferences.facts.types import catalogue

OK, FAILED, THROTTLED = (Tally._fields.index(name) for name in ("ok", "failed", "throttled"))
DEAD, BUSY_MS, COST_MICROS = (
    Tally._fields.index(name) for name in ("dead", "busy_ms", "cost_micros")
)
NO_ANSWER = frozenset({OutcomeKind.RETRY, OutcomeKind.THROTTLED, OutcomeKind.UNCERTAIN})
TROUBLE = frozenset({OutcomeKind.RETRY, OutcomeKind.UNCERTAIN})
MILLISECOND = timedelta(milliseconds=1)
LONGEST = 2**31 - 1  # an integer
MOST_UNITS = 32_767
# Answers something only if some of them were there before; or thousands of keys would come back
# each time.
INSERT = """
WITH new AS (
    INSERT INTO attempt (delivery_id, number, account_id, started_at, duration_ms, outcome,
        response_status, code, reason, provider_id, response_excerpt, units, cost_micros,
        latency_ms)
    SELECT * FROM unnest(%s::uuid[], %s::smallint[], %s::bigint[], %s::timestamptz[], %s::int[],
        %s::smallint[], %s::smallint[], %s::varchar[], %s::varchar[], %s::varchar[],
        %s::varchar[], %s::smallint[], %s::bigint[], %s::int[])
    ON CONFLICT DO NOTHING
    RETURNING delivery_id, number
)
SELECT CASE WHEN count(*) < %s
    THEN coalesce(array_agg(delivery_id::text || ' ' || number), '{}') END FROM new
"""
Counts = Counter[Cell]
Tried = tuple[Finished, int | None]  # with its latency


def latency_of(done: Finished) -> int | None:
    """Milliseconds from when it could go to the answer, of a try that was taken."""
    ready_at = done.row.ready_at
    if ready_at is None or not done.is_taken:
        return None
    waited = (done.started_at - ready_at) // MILLISECOND + int(done.duration * 1000)
    return min(max(waited, 0), LONGEST)


def insert_attempts(tries: Sequence[Finished]) -> list[Tried]:
    """In the caller's transaction; returns those that were new."""
    if not tries:
        return []
    waited = [latency_of(done) for done in tries]
    answers = [_answer(done) for done in tries]
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            [
                array([done.row.id for done in tries]),
                array([done.row.claims for done in tries]),
                array([done.account_id for done in tries]),
                array([f'"{done.started_at.isoformat()}"' for done in tries]),
                array([int(done.duration * 1000) for done in tries]),
                array([done.outcome.kind.value for done in tries]),
                array([status for status, _ in answers]),
                quoted_array([done.outcome.code[:64] for done in tries]),
                quoted_array([done.outcome.reason[:200] for done in tries]),
                quoted_array([done.outcome.provider_id[:200] for done in tries]),
                quoted_array([text for _, text in answers]),
                array([min(done.units, MOST_UNITS) for done in tries]),
                array([done.cost for done in tries]),
                array(waited),
                len(tries),
            ],
        )
        (written,) = cursor.fetchone()
    tried = list(zip(tries, waited, strict=True))
    return tried if written is None else _only(tried, set(written))


def _only(tried: Sequence[Tried], written: set[str]) -> list[Tried]:
    return [one for one in tried if f"{one[0].row.id} {one[0].row.claims}" in written]


def _answer(done: Finished) -> tuple[int | None, str]:
    """Of a sensitive type only the status: providers quote what they refuse."""
    status, text = excerpt(done.result, done.row.channel)
    type_ = catalogue.get().by_id.get(done.row.type_id)
    return status, "" if type_ is None or type_.sensitive else text


def of_settled(changes: Iterable[Change]) -> Counts:
    """Of changes to a final state that were written."""
    tally: Counts = Counter()
    for settled, n in Counter(map(_settled, changes)).items():
        for cell in Settled._make(settled).cells():
            tally[cell] += n
    return tally


def _settled(change: Change) -> tuple[Any, ...]:
    """The fields of `Settled`."""
    row, account_id = change.row, change.account_id
    if account_id is None:
        account_id = row.account_id or 0
    return (
        hour_of(row.id),
        row.arm_id,
        row.type_id,
        row.channel,
        account_id,
        change.state,
        change.reason,
        change.outcome,
    )


def of_tries(tries: Iterable[tuple[Finished, int | None]]) -> Counts:
    """Of attempts that are new in the log, with their latency."""
    tally: Counts = Counter()
    for (*cell, micros), n in Counter(map(_tried, tries)).items():
        taken = Cell._make(cell)
        if taken.measure:
            tally[taken] += n
        if micros:
            tally[taken._replace(measure=COST)] += n * micros
    return tally


def _tried(of: tuple[Finished, int | None]) -> tuple[Any, ...]:
    """The fields of its cell, and what it cost. Measure 0: nobody took it."""
    done, waited = of
    row = done.row
    return (
        hour_of(row.id),
        row.arm_id,
        row.type_id,
        row.channel,
        done.account_id,
        0 if waited is None else latency(row.lane, waited),
        "",
        done.cost,
    )


def tallies(tries: Iterable[Finished]) -> dict[int, Tally]:
    """By account; our own channels have none (ids from 0 down), and what never left for the
    provider says nothing of it."""
    seen: dict[int, list[int]] = {}
    for done in tries:
        if done.account_id <= 0 or not _asked(done):
            continue
        tally = seen.setdefault(done.account_id, [0] * len(Tally._fields))
        if (place := _place(done)) is not None:
            tally[place] += 1
            tally[BUSY_MS] += int(done.duration * 1000)
        tally[DEAD] += done.outcome.kind == OutcomeKind.BAD_RECIPIENT
        tally[COST_MICROS] += done.cost
    return {account_id: Tally(*tally) for account_id, tally in seen.items() if any(tally)}


def _place(done: Finished) -> int | None:
    """None for the trouble of a server that is not the account's own."""
    if done.outcome.kind == OutcomeKind.THROTTLED:
        return None if done.foreign else THROTTLED
    if done.outcome.kind in TROUBLE and not _answered(done):
        return None if done.foreign else FAILED
    return OK


def _answered(done: Finished) -> bool:
    """By a provider that is well: "not now" about a single request or mailbox is an answer."""
    match done.result:
        case HttpResponse(status=status):
            return 400 <= status < 500
        case SmtpReply(command=command):
            return command == "RCPT"
    return False


def _asked(done: Finished) -> bool:
    return done.result is not None or done.outcome.kind in NO_ANSWER
