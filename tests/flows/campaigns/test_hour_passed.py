"""By each person's own clock: what becomes of those whose hour has passed when it begins."""

from datetime import datetime, timedelta

import pytest

from notifications.campaigns.models import Slice
from notifications.campaigns.preflight.preflight import preflight
from notifications.campaigns.run import lifecycle as life
from notifications.campaigns.run.launch import run_begin
from notifyproj.core.clock import now
from preferences.models import Recipient
from tests.flows.campaigns.steps import campaign, crowd, go_on, reached
from tests.flows.campaigns.test_when import DAY, NINE, at, zones_due
from tests.flows.campaigns.test_when import zoned as zoned
from tests.flows.conftest import all_final, settle
from tests.world import World


def started_at(zone: str) -> datetime | None:
    found = Slice.objects.filter(zone=zone).first()
    return found.starts_at if found else None


@pytest.mark.parametrize(
    ("if_past", "tokyo"),
    [("next_day", at(1, 0)), ("skip", None), ("now", at(0, 10))],
)
def test_where_the_hour_has_passed_it_is_as_was_chosen(
    zoned: World, if_past: str, tokyo: datetime | None
) -> None:
    made = campaign(zoned, starts="local", on=DAY, at=NINE, if_past=if_past)

    run_begin(campaign=made, now=at(0, 10))

    assert started_at("Asia/Tokyo") == tokyo
    assert started_at("America/Bogota") == at(0, 14)


def test_by_default_nobody_gets_it_after_their_hour(zoned: World) -> None:
    made = campaign(zoned, starts="local", on=DAY, at=NINE)

    run_begin(campaign=made, now=at(0, 14, 19))  # 23:19 in Tokyo

    assert zones_due(at(0, 23, 59)) == set()
    assert zones_due(at(1, 0)) == {"Asia/Tokyo"}


@pytest.mark.parametrize(
    ("zone", "begun_at", "starts"),
    [
        ("Pacific/Kiritimati", at(0, 20), at(1, 19)),  # the next there is two days on
        ("Etc/GMT+12", at(0, 20), at(0, 21)),
        ("", at(0, 10), at(1, 9)),
        ("Moon/Tycho", at(0, 10), at(1, 9)),
    ],
)
def test_at_the_ends_of_the_world_and_where_no_zone_is_known(
    world: World, zone: str, begun_at: datetime, starts: datetime
) -> None:
    crowd(world, 1, timezone=zone)
    made = campaign(world, starts="local", on=DAY, at=NINE)

    run_begin(campaign=made, now=begun_at)

    assert started_at(zone) == starts


def test_who_was_left_out_is_not_reached_as_somebody_who_moved(zoned: World) -> None:
    made = campaign(zoned, starts="local", on=DAY, at=NINE, if_past="skip")
    run = run_begin(campaign=made, now=at(0, 10))
    Recipient.objects.filter(timezone="Asia/Tokyo").update(updated_at=at(0, 11))

    Slice.objects.update(due_at=now(), starts_at=now())
    for _ in range(3):
        go_on()
    settle(all_final)

    # Johannesburg's hour had passed, too.
    people = Recipient.objects.filter(timezone="America/Bogota").values_list("pk", flat=True)
    assert reached() == sorted(people)
    assert (set(run.skipped_zones or ()), run.skipped) == ({"Asia/Tokyo", "Africa/Johannesburg"}, 4)


def test_one_scheduled_in_time_and_begun_a_little_late_is_late_for_nobody(zoned: World) -> None:
    made = campaign(zoned, starts="local", on=DAY, at=NINE, state="scheduled")

    run_begin(campaign=made, now=at(0, 0, 10))

    assert started_at("Asia/Tokyo") == at(0, 0)


def test_one_that_recurs_daily_leaves_those_to_the_next_days_run(zoned: World) -> None:
    made = campaign(zoned, starts="local", on=DAY, at=NINE, repeat="daily")

    run_begin(campaign=made, now=at(0, 10))

    assert started_at("Asia/Tokyo") is None


def test_one_that_recurs_daily_by_local_hours_leaves_no_day_out(world: World) -> None:
    for zone in ("Asia/Tokyo", "Pacific/Honolulu"):
        crowd(world, 1, timezone=zone)
    made = campaign(world, starts="local", on=DAY, at=NINE, repeat="daily")
    run = run_begin(campaign=made, now=at(-1, 18))

    life.run_finish(run=run, now=at(0, 19, 2))  # Honolulu has had it

    made.refresh_from_db()
    assert (made.next_on, made.next_at) == (DAY + timedelta(days=1), at(0, 19, 2))


@pytest.mark.parametrize(
    ("first", "last", "over_at", "starts"),
    [
        ("Pacific/Kiritimati", "Pacific/Pago_Pago", at(0, 20, 2), at(0, 19)),  # 25 hours apart
        ("Pacific/Tongatapu", "Pacific/Pago_Pago", at(0, 20, 2), at(0, 20)),  # 24
        ("Pacific/Kiritimati", "Etc/GMT+12", at(0, 21, 30), at(0, 19)),  # 26
        ("Pacific/Kiritimati", "Etc/GMT+12", at(0, 22, 30), None),  # more than three hours late
    ],
)
def test_one_that_recurs_daily_reaches_both_sides_of_the_date_line_each_day(
    world: World, first: str, last: str, over_at: datetime, starts: datetime | None
) -> None:
    for zone in (first, last):
        crowd(world, 1, timezone=zone)
    made = campaign(world, starts="local", on=DAY, at=NINE, repeat="daily")
    run = run_begin(campaign=made, now=at(-1, 18))

    life.run_finish(run=run, now=over_at)
    made.refresh_from_db()
    Slice.objects.all().delete()
    run_begin(campaign=made, now=over_at)

    assert made.next_on == DAY + timedelta(days=1)
    assert started_at(first) == starts
    assert started_at(last) is not None


@pytest.mark.parametrize(
    ("if_past", "said"),
    [
        ("next_day", "They get it the next day at that time."),
        ("skip", "They get nothing."),
        ("now", "They get it immediately on launch."),
    ],
)
def test_how_many_are_past_their_hour_is_said_before(zoned: World, if_past: str, said: str) -> None:
    made = campaign(zoned, starts="local", on=DAY, at=NINE, if_past=if_past)

    (found,) = preflight(made, at(0, 1)).acknowledge

    assert (found.code, found.people) == ("hour_passed", 2)
    assert "(Asia/Tokyo)" in found.text
    assert found.text.endswith(said)


def test_who_is_left_out_is_not_counted_as_reached(zoned: World) -> None:
    made = campaign(zoned, starts="local", on=DAY, at=NINE, if_past="skip")

    found = preflight(made, at(0, 1))

    assert (found.audience, found.skipped, found.reached) == (6, 2, 4)


def test_an_hour_that_comes_again_after_the_end_is_said_so(zoned: World) -> None:
    made = campaign(zoned, starts="local", on=DAY, at=NINE, expires_at=at(0, 23))

    (found,) = preflight(made, at(0, 1)).acknowledge

    assert "after the campaign's end" in found.text
