"""When quiet hours end: across midnight, in every zone, across both changes of the clocks."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preferences.decision.quiet_hours import Closed, closed_hours, next_open

NIGHT = (time(22), time(7))
VIENNA = "Europe/Vienna"
ZONES = sorted(zone for zone in available_timezones() if "/" in zone and "Etc" not in zone)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def quiet_until(now: datetime, zone: str, start: time, end: time) -> datetime | None:
    """When the quiet hours that hold at `now` end; None when none hold."""
    found = next_open(now, (Closed("quiet_hours", zone, start, end),))
    return found[0] if found else None


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-22T21:59:59+00:00", None),
        ("2026-11-22T22:00:00+00:00", "2026-11-23T07:00:00+00:00"),
        ("2026-11-22T23:59:59+00:00", "2026-11-23T07:00:00+00:00"),
        ("2026-11-23T00:00:00+00:00", "2026-11-23T07:00:00+00:00"),
        ("2026-11-23T06:59:59+00:00", "2026-11-23T07:00:00+00:00"),
        ("2026-11-23T07:00:00+00:00", None),
        ("2026-12-31T23:30:00+00:00", "2027-01-01T07:00:00+00:00"),
    ],
)
def test_a_night_crosses_midnight(now: str, until: str | None) -> None:
    assert quiet_until(at(now), "UTC", *NIGHT) == (at(until) if until else None)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-22T11:59:59+00:00", None),
        ("2026-11-22T12:00:00+00:00", "2026-11-22T14:00:00+00:00"),
        ("2026-11-22T14:00:00+00:00", None),
    ],
)
def test_a_nap_ends_the_same_day(now: str, until: str | None) -> None:
    assert quiet_until(at(now), "UTC", time(12), time(14)) == (at(until) if until else None)


@pytest.mark.parametrize(
    ("zone", "now", "until"),
    [
        ("Asia/Kolkata", "2026-11-22T17:00:00+00:00", "2026-11-23T01:30:00+00:00"),
        ("Pacific/Kiritimati", "2026-11-22T09:00:00+00:00", "2026-11-22T17:00:00+00:00"),
        ("Pacific/Pago_Pago", "2026-11-22T10:00:00+00:00", "2026-11-22T18:00:00+00:00"),
    ],
)
def test_hours_are_those_of_the_persons_zone(zone: str, now: str, until: str) -> None:
    assert quiet_until(at(now), zone, *NIGHT) == at(until)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        # clocks go from 02:00 to 03:00 in that night: it is an hour shorter
        ("2026-03-28T23:00:00+01:00", "2026-03-29T07:00:00+02:00"),
        # clocks go back from 03:00 to 02:00: it is an hour longer
        ("2026-10-24T23:00:00+02:00", "2026-10-25T07:00:00+01:00"),
    ],
)
def test_a_night_in_which_the_clocks_change_ends_by_the_new_time(now: str, until: str) -> None:
    assert quiet_until(at(now), VIENNA, *NIGHT) == at(until)


def test_an_end_that_comes_twice_is_its_first_time() -> None:
    assert quiet_until(at("2026-10-25T01:00+02:00"), VIENNA, time(23), time(2, 30)) == at(
        "2026-10-25T02:30+02:00"
    )


def test_hours_that_begin_again_with_the_repeated_hour_end_the_second_time() -> None:
    assert quiet_until(at("2026-10-25T02:10+01:00"), VIENNA, time(23), time(2, 30)) == at(
        "2026-10-25T02:30+01:00"
    )


@pytest.mark.parametrize(
    ("zone", "now", "hours", "until"),
    [
        # 02:00 to 03:00 is left out: at 03:00 it is past half past two
        (VIENNA, "2026-03-29T01:30+01:00", (time(23), time(2, 30)), "2026-03-29T03:00+02:00"),
        (VIENNA, "2026-03-29T01:59+01:00", (time(1, 45), time(2)), "2026-03-29T03:00+02:00"),
        # they begin in what is left out
        (VIENNA, "2026-03-29T03:00+02:00", (time(2, 30), time(6)), "2026-03-29T06:00+02:00"),
        (VIENNA, "2026-03-29T01:59+01:00", (time(2, 30), time(6)), None),
        # half an hour is left out
        (
            "Australia/Lord_Howe",
            "2026-10-04T01:50+10:30",
            (time(1), time(2, 15)),
            "2026-10-03T15:30Z",
        ),
        # midnight is left out
        (
            "Africa/Cairo",
            "2026-04-23T23:30+02:00",
            (time(22), time(0, 30)),
            "2026-04-24T01:00+03:00",
        ),
        # a whole day was
        ("Pacific/Apia", "2011-12-29T23:00-10:00", (time(22), time(7)), "2011-12-31T07:00+14:00"),
    ],
)
def test_what_the_clocks_leave_out_is_past_when_they_have_changed(
    zone: str, now: str, hours: tuple[time, time], until: str | None
) -> None:
    assert quiet_until(at(now), zone, *hours) == (at(until) if until else None)


def test_hours_that_begin_in_the_repeated_hour_are_open_when_it_begins_again() -> None:
    begin_in_it = (time(2, 30), time(6))
    assert quiet_until(at("2026-10-25T02:45+02:00"), VIENNA, *begin_in_it) == at(
        "2026-10-25T02:00+01:00"
    )
    assert quiet_until(at("2026-10-25T02:15+01:00"), VIENNA, *begin_in_it) is None
    assert quiet_until(at("2026-10-25T02:45+01:00"), VIENNA, *begin_in_it) == at(
        "2026-10-25T06:00+01:00"
    )


def test_a_zone_this_machine_does_not_know_counts_as_utc() -> None:
    assert quiet_until(at("2026-11-22T23:00+00:00"), "Moon/Tycho", *NIGHT) == at(
        "2026-11-23T07:00+00:00"
    )


@pytest.mark.parametrize(
    "zone", ["", "UTC", "Etc/UTC", "Etc/GMT", "GMT", "Zulu", "Etc/GMT+0", "Moon/Tycho"]
)
def test_hours_of_law_hold_in_all_of_a_country_where_nobody_knows_the_zone(zone: str) -> None:
    """At noon in UTC it is four in the morning in Los Angeles."""
    hours = tuple(closed_hours(zone, None, None, country="US"))
    found = next_open(at("2026-11-22T12:00+00:00"), hours)
    assert found is not None
    assert found[1] == "legal_hours"
    assert next_open(found[0], hours) is None
    assert found[0].astimezone(ZoneInfo("Pacific/Honolulu")).time() == time(8)


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/London", "Etc/GMT+5"])
def test_hours_of_law_are_those_of_a_zone_that_is_known(zone: str) -> None:
    (hours,) = closed_hours(zone, None, None, country="US")
    assert hours.zone == zone


INSTANTS = st.integers(946_684_800, 2_145_916_800).map(lambda s: datetime.fromtimestamp(s, UTC))


HOURS = st.integers(0, 24 * 12 - 1).map(lambda n: time(n // 12, n % 12 * 5))
YEARS = [(zone, year) for zone in ZONES for year in (1998, 2011, 2026, 2031)]


def changes(zone: str, year: int) -> list[datetime]:
    """Within a day of each change of that zone's clocks in that year."""
    days = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(366)]
    offsets = [day.astimezone(ZoneInfo(zone)).utcoffset() for day in days]
    return [day for day, a, b in zip(days, offsets, offsets[1:], strict=False) if a != b]


def is_quiet(now: datetime, zone: str, start: time, end: time) -> bool:
    clock = now.astimezone(ZoneInfo(zone)).time()
    return start <= clock < end if start < end else clock >= start or clock < end


@settings(max_examples=400)
@given(st.sampled_from(YEARS), HOURS, HOURS, st.integers(0, 36 * 12), st.data())
def test_is_it_open_and_when_does_it_open_agree_where_clocks_change(
    case: tuple[str, int], start: time, end: time, steps: int, data: st.DataObject
) -> None:
    zone, year = case
    near = changes(zone, year) or [datetime(year, 6, 1, tzinfo=UTC)]
    now = data.draw(st.sampled_from(near)) + timedelta(minutes=5 * steps)
    if start == end:
        return
    until = quiet_until(now, zone, start, end)
    at_ = now
    while is_quiet(at_, zone, start, end):  # by the clock, a minute at a time
        at_ += timedelta(minutes=1)  # Gaza went from 0:01 to 1:01
    assert until == (at_ if at_ > now else None)


@given(INSTANTS, st.sampled_from(ZONES), st.times(), st.times())
def test_the_end_is_in_the_future_and_open_and_the_second_before_is_not(
    now: datetime, zone: str, start: time, end: time
) -> None:
    if start == end or (until := quiet_until(now, zone, start, end)) is None:
        return
    assert now < until <= now + timedelta(days=2)
    assert quiet_until(until, zone, start, end) is None
    assert quiet_until(max(now, until - timedelta(seconds=1)), zone, start, end) == until


@given(INSTANTS, st.sampled_from(ZONES), st.times(), st.times())
def test_quiet_hours_hold_exactly_between_their_ends(
    now: datetime, zone: str, start: time, end: time
) -> None:
    clock = now.astimezone(ZoneInfo(zone)).time()
    inside = start <= clock < end if start < end else clock >= start or clock < end
    if start != end:
        assert (quiet_until(now, zone, start, end) is not None) == inside
