from datetime import UTC, datetime, timedelta

import pytest

from notifications.campaigns.run.pace import Pace, allowed, next_chance, rate_to_finish

T = datetime(2026, 11, 27, 9, tzinfo=UTC)
S = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("per_minute", "seconds", "visited", "more"),
    [
        (None, 5, 0, None),
        (60, 0, 0, 1),
        (60, 9, 0, 10),
        (60, 9, 10, 0),
        (600, 1, 15, 5),
        (1, 59, 0, 1),
        (60, -5, 0, 1),  # clocks may differ
    ],
)
def test_a_rate_allows_so_many_more(
    per_minute: int | None, seconds: int, visited: int, more: int | None
) -> None:
    assert allowed(Pace(per_minute, T, 0), visited, T + seconds * S) == more


def test_after_a_pause_nobody_is_caught_up_with() -> None:
    assert allowed(Pace(60, T, 500), 500, T) == 1


def test_the_next_chance_is_when_one_more_is_allowed() -> None:
    pace = Pace(20, T, 0)
    at = next_chance(pace, 1, T)

    assert at == T + 5 * S
    assert allowed(pace, 1, at) == 1


def test_a_slow_rate_is_looked_at_every_minute() -> None:
    assert next_chance(Pace(1, T, 0), 10, T) == T + timedelta(minutes=1)


def test_a_rate_is_found_that_ends_in_time() -> None:
    assert rate_to_finish(6_000, T, T + timedelta(hours=1)) == 100
    assert rate_to_finish(1, T, T + timedelta(hours=1)) == 1
    assert rate_to_finish(100, T, T - S) >= 100
