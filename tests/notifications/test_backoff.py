import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import Channel, Lane
from notifications.backoff import SCHEDULE, next_delay, throttle_delay

RNG = random.Random(7)
LANES = st.sampled_from(list(Lane))


class Never(random.Random):
    """No jitter."""

    def random(self) -> float:
        return 0.0


@pytest.mark.parametrize(
    ("lane", "seconds"),
    [
        (Lane.URGENT, [1, 2, 5, 10, 20, None]),
        (Lane.NORMAL, [10, 30, 120, 600, 3_600, None]),
        (Lane.BULK, [10, 30, 120, 600, 3_600, None]),
    ],
)
def test_each_lane_has_its_schedule(lane: Lane, seconds: list[float | None]) -> None:
    assert [next_delay(attempt, lane, Never()) for attempt in range(1, 7)] == seconds


def test_a_webhook_has_days_whatever_its_lane() -> None:
    waits = [
        next_delay(attempt, Lane.URGENT, Never(), channel=Channel.WEBHOOK)
        for attempt in range(1, 11)
    ]
    assert waits[:3] == [5, 300, 1_800]
    assert waits[-1] is None
    assert 75 <= sum(wait or 0 for wait in waits) / 3_600 <= 76


@given(st.integers(1, 5), LANES, st.none() | st.floats(0, 100_000))
def test_up_to_a_fifth_is_added_so_that_not_all_come_back_at_once(
    attempt: int, lane: Lane, after: float | None
) -> None:
    least = max(SCHEDULE[lane][attempt - 1], after or 0.0)
    delay = next_delay(attempt, lane, RNG, after)
    assert delay is not None
    assert least <= delay <= least * 1.2


def test_the_providers_word_is_a_floor_not_a_ceiling() -> None:
    assert next_delay(1, Lane.URGENT, Never(), after=60) == 60
    assert next_delay(5, Lane.NORMAL, Never(), after=60) == 3_600


def test_the_providers_word_makes_no_further_try() -> None:
    assert next_delay(6, Lane.NORMAL, RNG, after=60) is None


@given(st.none() | st.floats(0, 100_000))
def test_who_is_told_to_slow_down_stays_away_for_a_second_at_least(after: float | None) -> None:
    least = max(1.0, after or 0.0)
    assert least <= throttle_delay(RNG, after) <= least * 1.2


def test_a_thousand_told_the_same_do_not_come_back_at_once() -> None:
    delays = [next_delay(1, Lane.NORMAL, RNG, after=60) or 0.0 for _ in range(1_000)]
    assert max(delays) - min(delays) > 10
