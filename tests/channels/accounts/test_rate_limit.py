"""Leave to send, from the real Redis and without it."""

from collections.abc import Iterator
from typing import Any

import pytest
import redis

from channels.accounts import rate_limit as rates
from channels.base import Account, Channel, Lane
from notifyproj.core.servers.redis_client import quick_redis

NORMAL, URGENT = Lane.NORMAL, Lane.URGENT


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    quick_redis().flushdb()
    rates.forget()
    yield
    rates.forget()


@pytest.fixture
def redis_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> Any:
        raise redis.ConnectionError

    monkeypatch.setattr(rates, "quick_redis", away)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What `time.monotonic` says here: change its one item."""
    now = [1_000.0]
    monkeypatch.setattr("channels.accounts.rate_limit.time.monotonic", lambda: now[0])
    return now


def account(rate: int) -> Account:
    return Account(
        id=7,
        slug="a",
        kind="apns",
        channel=Channel.PUSH,
        app_id=None,
        endpoint="",
        credentials={},
        settings={},
        rate_per_second=rate,
    )


def test_an_account_without_a_limit_may_send_anything() -> None:
    assert rates.lease(account(0), 5_000, NORMAL) == 5_000


def test_what_the_provider_takes_now_counts_instead_of_what_was_configured() -> None:
    assert rates.lease(account(1_000), 500, NORMAL, rate_now=40.0) == 40


def test_an_account_without_a_limit_has_one_while_its_provider_refuses() -> None:
    assert rates.lease(account(0), 500, NORMAL, rate_now=10.0) == 10


def test_a_fifth_is_kept_for_urgent_messages() -> None:
    assert rates.lease(account(100), 500, NORMAL) == 100
    assert rates.lease(account(100), 500, NORMAL) == 0
    assert rates.lease(account(100), 500, URGENT) == 25


def test_a_pause_stops_everything_but_urgent_messages() -> None:
    rates.pause(7, 30)

    assert rates.lease(account(100), 10, NORMAL) == 0
    assert rates.lease(account(100), 10, URGENT) == 10


def test_another_process_learns_of_a_pause_with_its_next_lease() -> None:
    rates.pause(7, 30)
    rates.forget()  # as in a process that did not see the refusals

    assert rates.lease(account(100), 10, NORMAL) == 0
    assert rates.pause_left(7) == pytest.approx(30, abs=2)


def test_what_finds_no_leave_comes_back_after_the_pause() -> None:
    rates.pause(7, 30)

    assert rates.wait(account(0), 100, rate_now=50.0) == pytest.approx(33, abs=1)


def test_a_pause_ends(clock: list[float]) -> None:
    rates.pause(7, 30)
    quick_redis().flushdb()
    clock[0] += 31

    assert rates.lease(account(100), 10, NORMAL) == 10


def test_no_provider_pauses_an_account_for_a_day(clock: list[float]) -> None:
    rates.pause(7, 86_400)

    assert rates.pause_left(7) == rates.LONGEST_PAUSE
    assert quick_redis().ttl("rate:pause:7") <= rates.LONGEST_PAUSE


def granted(rate: int, seconds: int, clock: list[float]) -> int:
    """By one process that asks ten times a second for more than there is."""
    total = 0
    for _ in range(seconds * 10):
        total += rates.lease(account(rate), 500, NORMAL)
        clock[0] += 0.1
    return total


@pytest.mark.parametrize("rate", [1, 10, 1_000])
def test_without_redis_the_processes_together_keep_about_the_rate(
    redis_is_away: None, clock: list[float], rate: int
) -> None:
    share = granted(rate, 40, clock) * rates.PROCESSES

    assert rate * 40 * 0.9 <= share <= rate * 44


def test_a_pause_holds_here_without_redis(redis_is_away: None) -> None:
    rates.pause(7, 30)

    assert rates.lease(account(100), 10, NORMAL) == 0
