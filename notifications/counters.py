"""Counts by hour, campaign, type and channel: inserted increments, folded once a second.

`CREATED` is counted where rows are written, the final states where they settle; so that
created = settled + waiting is a law that can be checked, not a definition.
"""

from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from django.db import connection
from psycopg2.extras import execute_values

from notifyproj.core.ids import milliseconds_in

CREATED = 0
HOUR_MS = 3_600_000


class Cell(NamedTuple):
    hour: datetime
    campaign_id: int
    type_id: int
    channel: str
    state: int


def hour_of(delivery_id: str) -> datetime:
    """The hour a delivery was created in, from the milliseconds in its UUIDv7."""
    return datetime.fromtimestamp(milliseconds_in(delivery_id) // HOUR_MS * 3600, UTC)


def add(cells: Iterable[Cell]) -> None:
    """Insert one increment per distinct cell, in the caller's transaction."""
    _insert(Tally(cells))


def take_back(cells: Iterable[Cell]) -> None:
    """Of deliveries that leave a state which was counted: UNCERTAIN, once a receipt comes."""
    _insert({cell: -n for cell, n in Tally(cells).items()})


def _insert(tally: Mapping[Cell, int]) -> None:
    if not tally:
        return
    with connection.cursor() as cursor:
        execute_values(
            cursor,
            "INSERT INTO counter_delta (hour, campaign_id, type_id, channel, state, n) VALUES %s",
            [(*cell, n) for cell, n in tally.items()],
        )


FOLD = """
WITH taken AS (
    DELETE FROM counter_delta WHERE id IN (
        SELECT id FROM counter_delta ORDER BY id LIMIT 20000 FOR UPDATE SKIP LOCKED
    ) RETURNING hour, campaign_id, type_id, channel, state, n
)
INSERT INTO counter AS c (hour, campaign_id, type_id, channel, state, n)
SELECT hour, campaign_id, type_id, channel, state, sum(n) FROM taken GROUP BY 1, 2, 3, 4, 5
ORDER BY 1, 2, 3, 4, 5
ON CONFLICT (hour, campaign_id, type_id, channel, state) DO UPDATE SET n = c.n + excluded.n
"""


def fold() -> None:
    with connection.cursor() as cursor:
        cursor.execute(FOLD)


TOTALS = """
SELECT state, sum(n)::bigint FROM (
    SELECT state, n FROM counter WHERE hour >= %(since)s AND hour < %(until)s
    UNION ALL
    SELECT state, n FROM counter_delta WHERE hour >= %(since)s AND hour < %(until)s
) t GROUP BY state
"""


def totals(since: datetime, until: datetime) -> dict[int, int]:
    """Deliveries created between two hours, by state; `CREATED` counts them all."""
    with connection.cursor() as cursor:
        cursor.execute(TOTALS, {"since": since, "until": until})
        return dict(cursor.fetchall())


def waiting() -> int:
    """About how many deliveries are not settled yet, at most a second old. Never a row count."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(CASE state WHEN 0 THEN n ELSE -n END), 0)::bigint"
            " FROM counter WHERE hour > now() - interval '9 days'"  # nothing waits longer than 7
        )
        return int(cursor.fetchone()[0])
