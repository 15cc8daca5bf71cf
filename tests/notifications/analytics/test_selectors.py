"""Reports, from counters folded and not."""

from datetime import UTC, datetime, timedelta

import pytest

from channels.base import Lane
from notifications.analytics import coarsen, recount
from notifications.analytics.figures import Figures, Funnel, Law
from notifications.analytics.selectors import Which, by_arm, totals
from notifications.counters import table as counters
from notifications.counters.cells import COMPLAINED, COST, CREATED, OUTCOME, Cell, latency
from notifications.models import Counter
from notifications.statuses import ProviderOutcome, State

pytestmark = pytest.mark.django_db

DAY = datetime(2026, 11, 20, tzinfo=UTC)
HOUR = int(DAY.timestamp()) // 3600 + 9
CELL = Cell(hour=HOUR, arm_id=7, type_id=1, channel="push", account_id=5, measure=CREATED)


def count(n: int, measure: int, **fields: object) -> None:
    counters.insert({CELL._replace(measure=measure, **fields): n})  # type: ignore[arg-type]


def figures(which: Which) -> Figures:
    """All of it together."""
    (found,) = totals(which)
    return found.figures


def test_what_is_folded_and_what_is_not_is_one_number() -> None:
    count(3, State.SENT)
    counters.fold()
    count(2, State.SENT)

    assert figures(Which()).of(State.SENT) == 5


def test_groups_come_in_their_order_each_with_its_own() -> None:
    count(1, State.SENT, channel="sms")
    count(2, State.SENT, channel="email", hour=HOUR + 1)
    count(3, State.SENT, channel="email")

    found = totals(Which(), ["channel", "hour"])

    nine = DAY + timedelta(hours=9)
    ten = nine + timedelta(hours=1)
    assert [group.key for group in found] == [("email", nine), ("email", ten), ("sms", nine)]
    assert [group.figures.of(State.SENT) for group in found] == [3, 2, 1]


def test_a_day_is_its_hours() -> None:
    count(1, State.SENT)
    count(1, State.SENT, hour=HOUR + 14)
    count(1, State.SENT, hour=HOUR + 15)  # midnight

    found = totals(Which(), ["day"])

    assert [(group.key, group.figures.of(State.SENT)) for group in found] == [
        ((DAY,), 2),
        ((DAY + timedelta(days=1),), 1),
    ]


@pytest.mark.parametrize(
    "which",
    [
        Which(since=DAY + timedelta(hours=10)),
        Which(until=DAY + timedelta(hours=9)),
        Which(arm_ids=[8]),
        Which(type_ids=[]),
        Which(channels=["sms"]),
        Which(account_ids=[6]),
    ],
)
def test_what_was_not_asked_for_is_left_out(which: Which) -> None:
    count(1, State.SENT)

    assert totals(which) == []


def test_an_arms_law_holds_with_what_waits() -> None:
    for n, measure in [(9, CREATED), (4, State.SENT), (1, State.FAILED), (2, State.SKIPPED)]:
        count(n, measure)

    assert by_arm([7])[7].law() == Law(
        created=9, sent=4, failed=1, skipped=2, expired=0, cancelled=0, uncertain=0, waiting=2
    )


def test_an_arm_nobody_heard_of_is_all_zeros() -> None:
    assert by_arm([7]) == {7: Figures({})}


def test_deliveries_of_no_campaign_are_of_no_arm() -> None:
    count(1, State.SENT, arm_id=0)

    assert totals(Which(arm_ids=[0])) == []


def test_who_clicked_has_opened_and_got_it() -> None:
    count(10, State.SENT)
    for n, outcome in [(4, "DELIVERED"), (2, "OPENED"), (1, "CLICKED"), (1, "BOUNCED")]:
        count(n, OUTCOME + ProviderOutcome[outcome])

    assert by_arm([7])[7].funnel() == Funnel(created=0, sent=10, delivered=7, opened=3, clicked=1)
    assert figures(Which()).bounced == 1


def test_reasons_are_told_the_most_frequent_first() -> None:
    count(1, State.SKIPPED, reason="paused")
    count(3, State.SKIPPED, reason="unsubscribed")
    count(5, State.FAILED, reason="no_account")

    found = figures(Which()).reasons(State.SKIPPED)

    assert list(found.items()) == [("unsubscribed", 3), ("paused", 1)]


def test_latency_is_told_by_lane_and_of_all() -> None:
    count(10, latency(Lane.URGENT, 20))
    count(10, latency(Lane.BULK, 2_000))

    found = figures(Which())

    assert found.latency(Lane.URGENT).p50 == 27.5
    assert found.latency().tries == 20


def test_costs_and_complaints_are_told() -> None:
    count(1_500, COST)
    count(2, COMPLAINED)

    found = figures(Which(account_ids=[5]))

    assert (found.cost_micros, found.complained) == (1_500, 2)


def test_hours_of_days_that_are_gone_become_days(monkeypatch: pytest.MonkeyPatch) -> None:
    for hour in (HOUR, HOUR + 1, HOUR - 9):
        count(2, State.SENT, hour=hour, arm_id=0)
    count(1, State.SENT, hour=HOUR + 24, arm_id=0)
    counters.fold()
    monkeypatch.setattr(coarsen, "days", lambda: [(DAY + timedelta(days=1)).date()])

    coarsen.coarsen()
    coarsen.coarsen()

    assert sorted(Counter.objects.values_list("hour", "n")) == [
        (DAY, 6),
        (DAY + timedelta(hours=33), 1),
    ]


def test_an_arm_keeps_its_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    count(2, State.SENT)
    counters.fold()
    monkeypatch.setattr(coarsen, "days", lambda: [(DAY + timedelta(days=1)).date()])

    coarsen.coarsen()

    assert Counter.objects.get().hour == DAY + timedelta(hours=9)


def test_days_that_can_be_recounted_keep_their_hours() -> None:
    today = recount.days()[0]
    midnight = int(datetime(today.year, today.month, today.day, tzinfo=UTC).timestamp())
    count(1, State.SENT, hour=midnight // 3600 + 5, arm_id=0)
    counters.fold()

    coarsen.coarsen()

    assert Counter.objects.get().hour.hour == 5
