"""Counts by hour, arm, type, channel and account: inserted increments, folded once a second.

`CREATED` is counted where rows are written, the final states where they settle; so that
created = settled + waiting is a law that can be checked, not a definition.
"""

from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from django.db import connection
from psycopg2.extras import execute_values

from notifications.counters.cells import CREATED as CREATED
from notifications.counters.cells import LAW_ENDS, Cell


def add(cells: Iterable[Cell]) -> None:
    """Insert one increment per distinct cell, in the caller's transaction."""
    insert(Tally(cells))


def move(*, gone: Iterable[Cell], come: Iterable[Cell]) -> None:
    """Of deliveries that were counted and are something else now: UNCERTAIN, once a receipt
    comes. See `Settled.cells`; what did not change writes nothing."""
    tally = Tally(come)
    tally.subtract(gone)
    insert(tally)


def insert(tally: Mapping[Cell, int]) -> None:
    """Inserts a delta for each cell, in the caller's transaction."""
    rows = [(_instant(cell.hour), *cell[1:], n) for cell, n in tally.items() if n]
    if not rows:
        return
    with connection.cursor() as cursor:
        execute_values(
            cursor,
            "INSERT INTO counter_delta"
            " (hour, arm_id, type_id, channel, account_id, measure, reason, n) VALUES %s",
            rows,
            page_size=1000,
        )


def _instant(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * 3600, UTC)


FOLD = """
WITH taken AS (
    DELETE FROM counter_delta WHERE id IN (
        SELECT id FROM counter_delta ORDER BY id LIMIT 20000 FOR UPDATE SKIP LOCKED
    ) RETURNING hour, arm_id, type_id, channel, account_id, measure, reason, n
)
INSERT INTO counter AS c (hour, arm_id, type_id, channel, account_id, measure, reason, n)
SELECT hour, arm_id, type_id, channel, account_id, measure, reason, sum(n)
FROM taken GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7
ON CONFLICT (hour, arm_id, type_id, channel, account_id, measure, reason)
DO UPDATE SET n = c.n + excluded.n
"""


def fold() -> None:
    """Adds the deltas so far to the counters and deletes them, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(FOLD)


TOTALS = """
SELECT measure, sum(n)::bigint FROM (
    SELECT measure, n FROM counter
    WHERE hour >= %(since)s AND hour < %(until)s AND measure < %(law)s
    UNION ALL
    SELECT measure, n FROM counter_delta
    WHERE hour >= %(since)s AND hour < %(until)s AND measure < %(law)s
) t GROUP BY measure HAVING sum(n) <> 0
"""


def totals(since: datetime, until: datetime) -> dict[int, int]:
    """Deliveries created between two hours, by state; `CREATED` counts them all."""
    with connection.cursor() as cursor:
        cursor.execute(TOTALS, {"since": since, "until": until, "law": LAW_ENDS})
        return dict(cursor.fetchall())


WAITING = """
SELECT coalesce(sum(CASE measure WHEN 0 THEN n ELSE -n END), 0)::bigint
FROM counter WHERE hour > now() - interval '9 days' AND measure < %s
"""  # nothing waits longer than 7


def waiting() -> int:
    """About how many deliveries are not settled yet, at most a second old. Never a row count."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [LAW_ENDS])
        return int(cursor.fetchone()[0])
