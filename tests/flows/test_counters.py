"""Increments beside the rows they count, folded by one or by several at once."""

from datetime import timedelta

import pytest
from django.db import connection

from notifications.counters import table as counters
from notifications.counters.cells import Cell
from notifications.models import Counter, CounterDelta
from notifications.statuses import State
from notifyproj.core.clock import now
from tests.flows.steps import conserved, send, settled
from tests.flows.threads import at_once
from tests.world import World

pytestmark = pytest.mark.usefixtures("transactional_db")

HOUR = now().replace(minute=0, second=0, microsecond=0)
CELL = Cell(
    hour=int(HOUR.timestamp()) // 3600,
    arm_id=0,
    type_id=1,
    channel="push",
    account_id=0,
    measure=State.SENT,
)


def counted() -> dict[int, int]:
    return counters.totals(HOUR, HOUR + timedelta(hours=1))


def test_equal_increments_are_one_row() -> None:
    counters.add([CELL] * 500)

    assert CounterDelta.objects.get().n == 500


def test_folding_changes_no_count() -> None:
    counters.add([CELL] * 3)
    before = counted()

    counters.fold()

    assert counted() == before == {State.SENT: 3}
    assert not CounterDelta.objects.exists()


def test_folding_twice_counts_once() -> None:
    counters.add([CELL] * 3)

    counters.fold()
    counters.fold()

    assert Counter.objects.get().n == 3


def test_two_that_fold_at_once_count_once() -> None:
    for n in range(200):
        counters.add([CELL._replace(type_id=n % 20)] * 3)

    at_once(counters.fold, counters.fold, counters.fold)
    counters.fold()

    assert counted() == {State.SENT: 600}
    assert Counter.objects.count() == 20


def test_what_a_worker_of_the_version_before_counts_is_counted() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO counter_delta (hour, campaign_id, type_id, channel, state, n)"
            " VALUES (%s, 0, 1, 'push', %s, 3)",
            [HOUR, State.SENT],
        )
    counters.add([CELL])

    counters.fold()

    assert Counter.objects.get().n == 4


def test_what_waits_is_what_was_created_and_not_settled() -> None:
    counters.add([CELL._replace(measure=counters.CREATED)] * 5)
    counters.add([CELL] * 3)
    counters.fold()

    assert counters.waiting() == 2


def test_totals_are_of_the_hours_asked_for() -> None:
    counters.add([CELL._replace(hour=CELL.hour - 1)])
    counters.add([CELL] * 2)

    assert counted() == {State.SENT: 2}


def test_every_delivery_is_counted_once(world: World) -> None:
    world.person("ada", token="a" * 64)
    world.person("bob")

    send(world, user_ids=["ada", "bob", "nobody"])

    settled()
    conserved()
    totals = counters.totals(HOUR, HOUR + timedelta(hours=2))
    assert totals == {counters.CREATED: 3, State.SENT: 1, State.SKIPPED: 2}
