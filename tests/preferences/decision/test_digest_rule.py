from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest

from preferences.decision.digest_rule import DigestRule

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-03-28T18:00+01:00", "2026-03-29T18:00+02:00"),  # a day of 23 hours
        ("2026-10-24T18:00+02:00", "2026-10-25T18:00+01:00"),  # and one of 25
        ("2026-10-24T17:59+02:00", "2026-10-24T18:00+02:00"),
    ],
)
def test_it_closes_at_the_persons_hour(start: str, end: str) -> None:
    rule = DigestRule(at=time(18))

    closes_at = rule.closes_at(datetime.fromisoformat(start).astimezone(UTC), "Europe/Vienna")

    assert closes_at == datetime.fromisoformat(end)


@pytest.mark.parametrize("zone", ["Europe/Vienna", "America/New_York", "Pacific/Chatham", "", "no"])
def test_an_hour_that_is_skipped_or_repeated_comes_once_a_day(zone: str) -> None:
    rule, at = DigestRule(at=time(2, 30)), datetime(2026, 1, 1, tzinfo=UTC)

    ends: list[datetime] = []
    while len(ends) < 365:
        at = rule.closes_at(at, zone)
        ends.append(at)

    steps = {later - earlier for earlier, later in pairwise(ends)}
    assert timedelta(hours=22) < min(steps) <= max(steps) < timedelta(hours=26)


def test_an_hour_that_clocks_going_back_over_midnight_repeat_is_never_in_the_past() -> None:
    again = datetime.fromisoformat("2005-10-29T23:30-03:30")  # 00:01 was 23:01 again
    ends = DigestRule(at=time()).closes_at(again.astimezone(UTC), "America/St_Johns")
    assert ends == datetime.fromisoformat("2005-10-31T00:00-03:30")


def test_an_hour_left_out_before_midnight_closes_it_on_its_own_day() -> None:
    morning = datetime(2024, 3, 30, 12, tzinfo=UTC)  # Nuuk goes from 23:00 to 0:00 that day
    rule = DigestRule(at=time(23, 30))

    ends = rule.closes_at(morning, "America/Nuuk")

    assert ends == datetime.fromisoformat("2024-03-30T22:30-02:00")
    assert rule.closes_at(ends, "America/Nuuk") == datetime.fromisoformat("2024-03-31T23:30-01:00")


def test_whichever_is_first_closes_it() -> None:
    at = datetime(2026, 11, 22, 17, tzinfo=UTC)

    assert DigestRule(seconds=60, at=time(18)).closes_at(at, "UTC") == at + timedelta(seconds=60)
    assert DigestRule(seconds=7200, at=time(18)).closes_at(at, "UTC") == at + HOUR
    assert DigestRule(count=5).closes_at(at, "UTC") == at + timedelta(days=7)
