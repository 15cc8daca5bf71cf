"""How many requests a peer gets at a time, against peers that are reckoned and not run."""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from channels.transport.window import FIRST, KNOWN, Steady, Window

TIMEOUT = 10.0


@dataclass
class Seen:
    seconds: float
    timed_out: int
    most: int  # in flight at once
    size: float  # in the end


def run(
    n: int,
    service: Callable[[], float],
    streams: int = 10_000,
    timeout: float = TIMEOUT,
    most: int = 1_000,
) -> Seen:
    """Send `n` as the window allows; the peer works on `streams` at a time, the rest wait there."""
    window, now, left, timed_out, peak = Window(most, timeout), 0.0, n, 0, 0
    free = [0.0] * streams
    flying: list[tuple[float, float]] = []  # (when it ends for us, when it began)
    while left or flying:
        while left and len(flying) < int(window.size):
            left -= 1
            end = max(now, heapq.heappop(free)) + service()
            heapq.heappush(free, end)
            timed_out += end - now > timeout
            heapq.heappush(flying, (min(end, now + timeout), now))
        peak = max(peak, len(flying))
        now, began = heapq.heappop(flying)
        window.ended(now - began, len(flying) + 1)
    return Seen(now, timed_out, peak, window.size)


def test_a_quick_peer_soon_gets_all_it_may() -> None:
    seen = run(20_000, lambda: 0.03)

    assert seen.size == 1_000
    assert seen.seconds < 1.5


@pytest.mark.parametrize(
    ("n", "streams", "seconds"),
    [(500, 10, 1.0), (60, 1, 2.0), (200, 1, 0.5), (2_000, 1, 0.02), (3_000, 100, 1.0)],
)
def test_a_slow_peer_gets_fewer_and_not_one_of_them_times_out(
    n: int, streams: int, seconds: float
) -> None:
    seen = run(n, lambda: seconds, streams)

    assert seen.timed_out == 0
    assert seen.seconds < 1.3 * n * seconds / streams + 3  # and it is kept busy


def test_a_peer_that_only_takes_its_time_is_given_as_many_as_others() -> None:
    """Far away, say: it is no faster with fewer."""
    seen = run(5_000, lambda: 2.0)

    assert (seen.timed_out, seen.size) == (0, 1_000)


@pytest.mark.parametrize("share", [0.01, 0.02])
def test_a_few_that_hang_do_not_slow_the_others(share: float) -> None:
    rng = random.Random(1)
    seen = run(30_000, lambda: 5.0 if rng.random() < share else 0.03)

    assert seen.size > 500


def test_a_peer_that_becomes_slow_gets_fewer_by_and_by() -> None:
    window = Window(1_000, TIMEOUT)
    for _ in range(3_000):
        window.ended(0.03, 1_000)
    for _ in range(5_000):
        window.ended(TIMEOUT, 1_000)

    assert window.size <= FIRST
    assert window.is_slow


def test_a_peer_that_is_quick_again_gets_more_again() -> None:
    window = Window(1_000, TIMEOUT)
    window.ended(0.03, 1)
    for _ in range(200):
        window.ended(8.0, 30)
    for _ in range(2_000):
        window.ended(0.03, 1_000)

    assert window.size == 1_000
    assert not window.is_slow


def test_what_is_not_needed_does_not_grow() -> None:
    window = Window(1_000, TIMEOUT)
    for _ in range(5_000):
        window.ended(0.03, 2)

    assert window.size <= 32


def test_an_answer_in_no_time_is_no_division_by_nothing() -> None:
    window = Window(100, TIMEOUT)
    for _ in range(10):
        window.ended(0.0, 1)

    assert 1 <= window.size <= 100
    assert window.pace > 0


def test_a_steady_one_stays() -> None:
    window = Steady(10)
    window.ended(60.0, 10)

    assert window.size == 10


def test_a_slow_first_answer_does_not_make_a_peer_slow() -> None:
    """It opened the connection: what was put off for it would have waited for up to a minute."""
    window = Window(1_000, 10.0)
    window.ended(4.0, 4)
    assert not window.is_slow
    for _ in range(KNOWN):
        window.ended(0.03, 4)
