"""Check the counters of a day against its rows, and put them right, while traffic goes on.

Whoever changes a delivery inserts the increment in the same transaction. So in any one snapshot,
folded counters and open increments together equal a recount, to the last unit; a difference is a
fault, never a matter of timing. It is taken in a REPEATABLE READ transaction, which sees one
moment and locks nothing.

A repair inserts that difference as increments like any others, in the same transaction. What others
commit meanwhile is in neither side of the difference, and brings its own increments: addition does
not mind the order, so counters + difference + theirs is what the rows say then. Two repairs from
one snapshot would add it twice, so they take turns: by a lock of the session, taken before the
snapshot is; one taken inside would be got after a snapshot without the other's repair.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.db import connection, transaction

from notifications.analytics.recount import Tally, difference
from notifications.counters import table as counters
from notifyproj.core.advisory_lock import AdvisoryLock

LOCK = AdvisoryLock("roll")


def check(day: date, arm_id: int | None = None) -> Tally:
    """What the counters lack; of one arm, if one is named. Not inside another transaction."""
    with _one_moment():
        return difference(day, arm_id)


def repair(day: date, arm_id: int | None = None) -> Tally:
    """Checks like `check`, and inserts the differences as deltas."""
    with LOCK.held(), _one_moment():
        lacking = difference(day, arm_id)
        counters.insert(lacking)
        return lacking


@contextmanager
def _one_moment() -> Iterator[None]:
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield
