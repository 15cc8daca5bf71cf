from datetime import UTC, date, datetime, time
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.campaigns.schedule import (
    When,
    begins,
    by_zone,
    ends,
    instant,
    next_day,
    on_day,
)

NINE = When("local", date(2026, 11, 27), time(9))


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "at"),
    [
        ("Pacific/Kiritimati", utc(2026, 11, 26, 19)),
        ("Asia/Kathmandu", utc(2026, 11, 27, 3, 15)),
        ("Europe/Vienna", utc(2026, 11, 27, 8)),
        ("America/New_York", utc(2026, 11, 27, 14)),
        ("Nowhere/At_All", utc(2026, 11, 27, 9)),
    ],
)
def test_nine_in_the_morning_is_each_zones_own(zone: str, at: datetime) -> None:
    assert instant(NINE, zone) == at


def test_an_instant_is_by_its_own_zone_whoever_it_is_for() -> None:
    when = When("at", date(2026, 11, 27), time(9), "Europe/Vienna")

    assert instant(when, "Asia/Tokyo") == utc(2026, 11, 27, 8)


def test_an_hour_that_summer_time_leaves_out_is_the_next() -> None:
    when = When("local", date(2026, 3, 29), time(2, 30))

    assert instant(when, "Europe/Vienna") == utc(2026, 3, 29, 1, 30)


def test_an_hour_that_comes_twice_is_the_first() -> None:
    when = When("local", date(2026, 10, 25), time(2, 30))

    assert instant(when, "Europe/Vienna") == utc(2026, 10, 25, 0, 30)


@pytest.mark.parametrize(
    ("zone", "day", "at", "sent"),
    [
        ("America/Nuuk", date(2024, 3, 30), time(23), utc(2024, 3, 31, 0)),
        ("America/Nuuk", date(2024, 3, 30), time(23, 59), utc(2024, 3, 31, 0, 59)),
        ("America/Nuuk", date(2024, 3, 31), time(23), utc(2024, 4, 1, 0)),
        ("America/Scoresbysund", date(2024, 3, 30), time(23, 30), utc(2024, 3, 31, 0, 30)),
        ("Asia/Beirut", date(2026, 3, 29), time(0, 30), utc(2026, 3, 28, 22, 30)),
        ("Pacific/Apia", date(2011, 12, 30), time(9), utc(2011, 12, 30, 19)),
    ],
)
def test_an_hour_left_out_before_midnight_stays_on_its_day(
    zone: str, day: date, at: time, sent: datetime
) -> None:
    assert instant(When("local", day, at), zone) == sent


@given(
    st.sampled_from(
        [
            *("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"),
            *("Asia/Beirut", "America/Havana", "America/Nuuk", "Africa/Cairo", "Antarctica/Troll"),
        ]
    ),
    st.integers(0, 24 * 4 - 1).map(lambda n: time(n // 4, n % 4 * 15)),
    st.integers(2024, 2030),
)
def test_what_repeats_daily_comes_once_a_day_where_clocks_change(
    zone: str, at: time, year: int
) -> None:
    first = date(year, 1, 1)
    days = (on_day(first, "daily", n) for n in range(366))
    times = [instant(When("local", day, at), zone) for day in days]
    local = [moment.astimezone(ZoneInfo(zone)) for moment in times]
    assert all(before < after for before, after in pairwise(times))
    assert len({moment.date() for moment in local}) == len(times)


def test_nobodys_hour_is_before_the_first_or_after_the_last() -> None:
    zones = ["Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago", "Etc/GMT+12"]
    times = by_zone(NINE, zones).values()

    assert begins(NINE) == min(times)
    assert ends(NINE) == max(times)


@pytest.mark.parametrize(
    ("repeat", "after", "day"),
    [
        ("daily", date(2026, 1, 31), date(2026, 2, 1)),
        ("weekly", date(2026, 1, 31), date(2026, 2, 7)),
        ("weekly", date(2026, 2, 6), date(2026, 2, 7)),
        ("monthly", date(2026, 1, 31), date(2026, 2, 28)),
        ("monthly", date(2026, 2, 28), date(2026, 3, 31)),
        ("monthly", date(2029, 12, 31), date(2030, 1, 31)),
        ("", date(2026, 1, 31), None),
    ],
)
def test_what_repeats_comes_next_on(repeat: str, after: date, day: date | None) -> None:
    assert next_day(date(2026, 1, 31), repeat, after) == day


def test_a_month_that_is_too_short_does_not_move_the_months_after() -> None:
    days = [on_day(date(2027, 1, 31), "monthly", n) for n in range(4)]

    assert [day.day for day in days] == [31, 28, 31, 30]
