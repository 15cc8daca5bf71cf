"""A partition a day: made ahead and at start, dropped with its time, never under what waits."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg2
import pytest
from django.core.management import call_command
from django.db import connection

from notifications import partitions
from notifications.partitions import TABLES, drop_partitions, ensure_partitions, existing
from notifyproj.core.clock import milliseconds
from notifyproj.core.ids import uuid7

DAY = timedelta(days=1)
TODAY = date(2001, 2, 3)  # long before anything that other tests need


@pytest.fixture(autouse=True)
def _old_days(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(partitions, "LOCK_TIMEOUT", "200ms")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '_2001'")
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP TABLE "{name}"')


def days(table: str = "delivery") -> list[date]:
    return sorted(day for name, day in existing() if name == table and day.year == 2001)


def tables() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname ~ '_2001'")
        return int(cursor.fetchone()[0])


def insert(instant: datetime, *, waits: bool = False) -> str:
    """A delivery made at that instant; answers the partition it went to."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO delivery (id, notification_id, type_id, template_version_id, expires_at,"
            " lane, state, channel, due_at) VALUES (%s, %s, 1, 1, now(), 1, 30, 'push', %s)"
            " RETURNING tableoid::regclass::text",
            [uuid7(milliseconds(instant)), uuid7(0), instant if waits else None],
        )
        return str(cursor.fetchone()[0])


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def test_partitions_are_made_a_week_ahead_for_every_log_table() -> None:
    made = ensure_partitions(TODAY)

    assert len(made) == len(TABLES) * 9
    for table in ("notification", "delivery", "attempt"):
        assert days(table) == [TODAY + n * DAY for n in range(-1, 8)]


def test_making_them_again_makes_what_is_missing_only() -> None:
    ensure_partitions(TODAY)

    assert ensure_partitions(TODAY) == []
    assert len(ensure_partitions(TODAY + DAY)) == len(TABLES)


def test_a_database_that_slept_for_a_month_has_todays_partitions_after_its_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ensure_partitions(TODAY - 30 * DAY, days_ahead=1)
    monkeypatch.setattr("notifyproj.core.clock.now", lambda: midnight(TODAY))

    call_command("migrate", verbosity=0)

    assert TODAY in days()
    assert insert(midnight(TODAY)) == "delivery_20010203"


def test_the_first_and_the_last_moment_of_a_day_are_in_its_partition() -> None:
    ensure_partitions(TODAY)

    assert insert(midnight(TODAY) - timedelta(milliseconds=1)) == "delivery_20010202"
    assert insert(midnight(TODAY)) == "delivery_20010203"
    assert insert(midnight(TODAY + DAY) - timedelta(milliseconds=1)) == "delivery_20010203"
    assert insert(midnight(TODAY + DAY)) == "delivery_20010204"


def test_a_partition_has_the_indexes_of_its_table() -> None:
    ensure_partitions(TODAY, days_ahead=0)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename, count(*) FROM pg_indexes WHERE tablename IN"
            " ('delivery', 'delivery_20010203') GROUP BY tablename"
        )
        counts = dict(cursor.fetchall())
    assert counts["delivery_20010203"] == counts["delivery"] == 4


def test_days_past_their_time_are_dropped() -> None:
    ensure_partitions(TODAY)
    insert(midnight(TODAY))

    dropped = drop_partitions(TODAY + DAY)

    assert len(dropped) == len(TABLES) * 2
    assert days() == [TODAY + n * DAY for n in range(1, 8)]
    assert tables() == len(TABLES) * 7


def test_a_day_in_which_a_row_still_waits_is_kept_whole() -> None:
    ensure_partitions(TODAY)
    insert(midnight(TODAY), waits=True)

    drop_partitions(TODAY + DAY)

    assert days() == days("attempt") == [TODAY + n * DAY for n in range(8)]


def test_a_held_row_waits_too() -> None:
    ensure_partitions(TODAY)
    insert(midnight(TODAY), waits=True)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE delivery SET due_at = 'infinity' WHERE due_at IS NOT NULL")

    drop_partitions(TODAY + DAY)

    assert TODAY in days()


@pytest.fixture
def reader() -> Iterator[Any]:
    """A session that has been reading the log for a while."""
    words: dict[str, Any] = connection.get_connection_params()
    made = psycopg2.connect(**{k: v for k, v in words.items() if k != "cursor_factory"})
    yield made
    made.close()


def test_a_busy_day_is_left_for_the_next_time(reader: Any) -> None:
    ensure_partitions(TODAY)
    reader.cursor().execute("SELECT * FROM delivery LIMIT 1")

    drop_partitions(TODAY)
    reader.rollback()
    drop_partitions(TODAY)

    assert TODAY - DAY not in days()
    assert tables() == len(TABLES) * 8


def test_a_detaching_that_gave_up_does_not_stop_those_after_it(reader: Any) -> None:
    """Postgres takes no second one while it is pending."""
    ensure_partitions(TODAY)
    reader.cursor().execute("SELECT * FROM delivery LIMIT 1")
    drop_partitions(TODAY)
    reader.rollback()

    drop_partitions(TODAY + 3 * DAY)

    assert days() == [TODAY + n * DAY for n in range(3, 8)]
    assert tables() == len(TABLES) * 5


def test_a_drop_that_gave_up_is_done_the_next_time() -> None:
    ensure_partitions(TODAY)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE delivery DETACH PARTITION delivery_20010202 CONCURRENTLY")

    assert "delivery_20010202" in drop_partitions(TODAY)


def test_nothing_waits_for_the_lock_of_a_connection_afterwards() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        before = cursor.fetchone()
        ensure_partitions(TODAY)
        drop_partitions(TODAY)
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == before
