"""When quiet hours end: across midnight, in every zone, across both changes of the clocks."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preferences.decision.quiet_hours import quiet_until

NIGHT = (time(22), time(7))
VIENNA = "Europe/Vienna"
ZONES = sorted(zone for zone in available_timezones() if "/" in zone and "Etc" not in zone)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


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


def test_an_end_that_is_skipped_is_as_long_after_the_change() -> None:
    assert quiet_until(at("2026-03-29T01:30+01:00"), VIENNA, time(23), time(2, 30)) == at(
        "2026-03-29T03:30+02:00"
    )


def test_a_zone_this_machine_does_not_know_counts_as_utc() -> None:
    assert quiet_until(at("2026-11-22T23:00+00:00"), "Moon/Tycho", *NIGHT) == at(
        "2026-11-23T07:00+00:00"
    )


INSTANTS = st.integers(946_684_800, 2_145_916_800).map(lambda s: datetime.fromtimestamp(s, UTC))


@given(INSTANTS, st.sampled_from(ZONES), st.times(), st.times())
def test_the_end_is_in_the_future_and_reads_as_the_person_set_it(
    now: datetime, zone: str, start: time, end: time
) -> None:
    if start == end or (until := quiet_until(now, zone, start, end)) is None:
        return
    assert now < until <= now + timedelta(days=2)
    local = until.astimezone(ZoneInfo(zone))
    skipped = local.replace(fold=0).utcoffset() != (local - timedelta(hours=3)).utcoffset()
    assert local.time() == end or skipped


@given(INSTANTS, st.sampled_from(ZONES), st.times(), st.times())
def test_quiet_hours_hold_exactly_between_their_ends(
    now: datetime, zone: str, start: time, end: time
) -> None:
    clock = now.astimezone(ZoneInfo(zone)).time()
    inside = start <= clock < end if start < end else clock >= start or clock < end
    if start != end:
        assert (quiet_until(now, zone, start, end) is not None) == inside
