"""One partition of each log table a day: made a week ahead and at start, dropped after retention.

Raises nothing for what exists already, so every process may call `ensure_partitions` at start.
"""

import logging
from datetime import date, timedelta

from django.db import OperationalError, connection, transaction
from psycopg2 import sql

from notifyproj.core.advisory_lock import AdvisoryLock
from notifyproj.core.ids import day_start, partition

log = logging.getLogger(__name__)

TABLES = {
    "notification": "id",
    "delivery": "id",
    "attempt": "delivery_id",
    "event": "delivery_id",
}
DAYS_AHEAD = 7
LOCK_TIMEOUT = "2s"
LOCK = AdvisoryLock("noti")  # one maker of partitions at a time
# Half of each delivery page is left free, for the claims that stay on it (heap-only updates).
FILL = {"notification": 100, "delivery": 50, "attempt": 100, "event": 100}  # per cent
STORAGE = sql.SQL(
    "autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.5"
)

DETACH = sql.SQL("ALTER TABLE {table} DETACH PARTITION {child} CONCURRENTLY")
FINALIZE = sql.SQL("ALTER TABLE {table} DETACH PARTITION {child} FINALIZE")
DROP = sql.SQL("DROP TABLE {child}")


def ensure_partitions(today: date, days_ahead: int = DAYS_AHEAD) -> list[str]:
    """Make what is missing from yesterday on; returns the names of the new ones."""
    days = {today + timedelta(days=n) for n in range(-1, days_ahead + 1)}
    with transaction.atomic():
        LOCK.take()
        found = set(existing())
        days |= {day for _, day in found}  # a table that an update added has none for older days
        missing = sorted({(t, d) for t in TABLES for d in days} - found)
        for table, day in missing:
            _create(table, day)
    return [partition(table, day) for table, day in missing]


def drop_partitions(before: date) -> list[str]:
    """Drop the days before `before`; a day in which anything still waits is kept whole."""
    _finish_interrupted()
    old = sorted({day for _, day in existing() if day < before})
    for day in old:
        if _waits(day):
            log.warning("partition kept: rows in it still wait", extra={"day": day})
            continue
        for table in [t for t, d in existing() if d == day]:
            _patiently(DETACH, table=table, child=partition(table, day))
    return [child for child in _detached(before) if _patiently(DROP, child=child)]


def existing() -> list[tuple[str, date]]:
    """(table, day) of every attached partition."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.relname, c.relname FROM pg_inherits i"
            " JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent"
            " WHERE p.relname = ANY(%s) AND p.relkind = 'p' AND NOT i.inhdetachpending",
            [list(TABLES)],
        )
        return [(t, date.fromisoformat(c[len(t) + 1 :])) for t, c in cursor.fetchall()]


def _create(table: str, day: date) -> None:
    """Made apart and then attached: ATTACH needs a lock that lets reads and writes go on."""
    low, high = day_start(day), day_start(day + timedelta(days=1))
    params = {
        "table": sql.Identifier(table),
        "child": sql.Identifier(partition(table, day)),
        "check": sql.Identifier(f"{partition(table, day)}_bounds"),
        "key": sql.Identifier(TABLES[table]),
        "low": sql.Literal(str(low)),
        "high": sql.Literal(str(high)),
        "fill": sql.Literal(FILL[table]),
        "storage": STORAGE,
    }
    statement = sql.SQL(
        "CREATE TABLE {child} (LIKE {table} INCLUDING DEFAULTS INCLUDING INDEXES,"
        " CONSTRAINT {check} CHECK ({key} >= {low} AND {key} < {high})) "
        "WITH (fillfactor = {fill}, {storage});"
        "ALTER TABLE {table} ATTACH PARTITION {child} FOR VALUES FROM ({low}) TO ({high});"
        "ALTER TABLE {child} DROP CONSTRAINT {check}"
    ).format(**params)
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _waits(day: date) -> bool:
    bounds = [str(day_start(day)), str(day_start(day + timedelta(days=1)))]
    with connection.cursor() as cursor:
        for table in ("notification", "delivery"):
            cursor.execute(
                f"SELECT EXISTS (SELECT FROM {table}"  # noqa: S608 - one of two constants
                " WHERE id >= %s AND id < %s AND due_at IS NOT NULL)",
                bounds,
            )
            if cursor.fetchone()[0]:
                return True
    return False


def _finish_interrupted() -> None:
    """A detaching that gave up half-way stops every other of its table until it is finished."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhparent::regclass::text, inhrelid::regclass::text FROM pg_inherits"
            " WHERE inhdetachpending"
        )
        pending = [(table, child) for table, child in cursor.fetchall() if table in TABLES]
    for table, child in pending:
        _patiently(FINALIZE, table=table, child=child)


def _detached(before: date) -> list[str]:
    """Days that are no partitions any more, whenever they were detached."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND NOT relispartition"
            " AND relnamespace = current_schema()::regnamespace AND relname ~ %s"
            " AND right(relname, 8) < %s ORDER BY relname",
            [f"^({'|'.join(TABLES)})_[0-9]{{8}}$", f"{before:%Y%m%d}"],
        )
        return [row[0] for row in cursor.fetchall()]


def _patiently(statement: sql.SQL, **names: str) -> bool:
    """CONCURRENTLY waits for readers without stopping them; a busy table is left for next time."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = %s", [LOCK_TIMEOUT])
            cursor.execute(statement.format(**{k: sql.Identifier(v) for k, v in names.items()}))
            return True
    except OperationalError as error:
        log.warning("partition not dropped", extra={**names, "error": error})
        return False
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
