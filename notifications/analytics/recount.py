"""The counters of a day once more, from the rows themselves: a scan of each table's partition."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection
from psycopg2 import sql

from notifications.counters.cells import BOUNDS, COST, HEARD, LATENCY, Cell, Settled
from notifications.partitions import existing
from notifyproj.core.clock import now
from notifyproj.core.ids import partition

Tally = Counter[Cell]
TABLES = ("delivery", "attempt", "event")

PLACE = sql.SQL(
    "('x' || translate(left(d.id::text, 13), '-', ''))::bit(48)::bigint / 3600000,"
    " coalesce(d.arm_id, 0), d.type_id, d.channel"
)
DELIVERIES = sql.SQL("""
SELECT {place}, coalesce(d.account_id, 0), d.state, d.reason, d.outcome, count(*)
FROM {delivery} d WHERE {which} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
""")
ATTEMPTS = sql.SQL("""
SELECT {place}, coalesce(a.account_id, 0),
    %(latency)s + 100 * d.lane + width_bucket(a.latency_ms, %(bounds)s), count(*),
    sum(a.cost_micros)::bigint
FROM {attempt} a JOIN {delivery} d ON d.id = a.delivery_id WHERE {which} GROUP BY 1, 2, 3, 4, 5, 6
""")
EVENTS = sql.SQL("""
SELECT {place}, coalesce(e.account_id, 0), e.kind, count(*)
FROM {event} e JOIN {delivery} d ON d.id = e.delivery_id
WHERE e.kind = ANY(%(kinds)s) AND {which} GROUP BY 1, 2, 3, 4, 5, 6
""")
COUNTED = """
SELECT extract(epoch FROM hour)::bigint / 3600, arm_id, type_id, channel, account_id, measure,
    reason, sum(n)::bigint
FROM (
    SELECT hour, arm_id, type_id, channel, account_id, measure, reason, n FROM counter
    WHERE hour >= %(since)s AND hour < %(until)s
    UNION ALL
    SELECT hour, arm_id, type_id, channel, account_id, measure, reason, n FROM counter_delta
    WHERE hour >= %(since)s AND hour < %(until)s
) t WHERE %(arm)s IS NULL OR arm_id = %(arm)s GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
PARAMS: dict[str, Any] = {
    "latency": LATENCY,
    "bounds": list(BOUNDS),
    "kinds": [kind.value for kind in HEARD],
}


def days() -> list[date]:
    """Until today, of which every row is there. What is older cannot be counted any more."""
    today = now().astimezone(UTC).date()
    found = Counter(day for table, day in existing() if table in TABLES and day <= today)
    return sorted(day for day, tables in found.items() if tables == len(TABLES))


def recounted(day: date, arm_id: int | None = None) -> Tally:
    """From the rows, in the caller's transaction; of one arm, if one is named."""
    tally: Tally = Counter()
    for *settled, n in _rows(DELIVERIES, day, arm_id):
        of = Settled._make(settled)
        tally[of.created()] += n
        for cell in of.cells():
            tally[cell] += n
    for *place, measure, n, micros in _rows(ATTEMPTS, day, arm_id):
        if measure is not None:
            tally[Cell._make((*place, measure, ""))] += n
        tally[Cell._make((*place, COST, ""))] += micros
    for *place, kind, n in _rows(EVENTS, day, arm_id):
        tally[Cell._make((*place, HEARD[kind], ""))] += n
    return tally


def counted(day: date, arm_id: int | None = None) -> Tally:
    """As the counters have it, folded or not."""
    since = datetime.combine(day, time.min, UTC)
    params = {"since": since, "until": since + timedelta(days=1), "arm": arm_id}
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, params)
        return Counter({Cell._make(row[:-1]): row[-1] for row in cursor.fetchall()})


def difference(day: date, arm_id: int | None = None) -> Tally:
    """What the counters lack (or, below zero, have too many of); empty if they are right. Only
    in a transaction that sees one moment."""
    lacking = recounted(day, arm_id)
    lacking.subtract(counted(day, arm_id))
    return Counter({cell: n for cell, n in lacking.items() if n})


def _rows(query: sql.SQL, day: date, arm_id: int | None) -> list[tuple[Any, ...]]:
    which = sql.SQL("true") if arm_id is None else sql.SQL("d.arm_id = %(arm)s")
    tables = {table: sql.Identifier(partition(table, day)) for table in TABLES}
    with connection.cursor() as cursor:
        cursor.execute(query.format(place=PLACE, which=which, **tables), PARAMS | {"arm": arm_id})
        return list(cursor.fetchall())
