"""What a flush of the recorder adds to the counters: one tally for thousands of rows. Pure.

Rows are first counted by plain tuples, of which there are few different ones; cells are made of
those: so it costs about a microsecond a delivery.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from notifications.counters.cells import Cell, Settled, hour_of
from notifications.counters.measures import COST, latency
from notifications.record.outcomes import Change, Finished
from notifications.record.tallies import TAKEN, cost

MILLISECOND = timedelta(milliseconds=1)
LONGEST = 2**31 - 1  # an integer

Tally = Counter[Cell]


def latency_of(done: Finished) -> int | None:
    """Milliseconds from when it could go to the answer, of a try that was taken."""
    ready_at = done.row.ready_at
    if ready_at is None or done.outcome.kind not in TAKEN:
        return None
    waited = (done.started_at - ready_at) // MILLISECOND + int(done.duration * 1000)
    return min(max(waited, 0), LONGEST)


def of_settled(changes: Iterable[Change]) -> Tally:
    """Of changes to a final state that were written."""
    tally: Tally = Counter()
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


def of_tries(tries: Iterable[tuple[Finished, int | None]]) -> Tally:
    """Of tries that are new in the log, with their latency."""
    tally: Tally = Counter()
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
        cost(done),
    )
