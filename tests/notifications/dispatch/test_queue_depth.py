"""How long a queue is, by counters and by the broker's own word."""

import time
from collections.abc import Iterator

import pytest
from celery import current_app
from pytest_django.fixtures import Settings

from notifications.dispatch import dispatch
from notifications.dispatch.dispatch import (
    backlog,
    count_published,
    count_taken,
    limit,
    measure,
)
from notifyproj.core.servers.redis_client import quick_redis

QUEUE = "push.bulk"


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    quick_redis().flushdb()
    dispatch._cache.clear()
    yield
    quick_redis().flushdb()
    dispatch._cache.clear()


def put(messages: int) -> None:
    for _ in range(messages):
        current_app.send_task("nothing", queue=QUEUE, ignore_result=True)


def test_what_was_published_and_not_taken_is_in_the_queue() -> None:
    put(3)
    count_published({QUEUE: 1_200})
    count_taken(QUEUE, 200)
    measure([QUEUE])

    assert backlog(QUEUE) == 1_000


def test_a_message_holds_five_hundred_at_most_whatever_was_counted() -> None:
    put(3)
    count_published({QUEUE: 9_000})
    measure([QUEUE])

    assert backlog(QUEUE) == 1_500


def test_an_empty_queue_holds_nothing_whatever_was_counted() -> None:
    count_published({QUEUE: 9_000})
    measure([QUEUE])

    assert backlog(QUEUE) == 0


def test_what_nobody_measured_lately_is_not_believed() -> None:
    put(3)
    count_published({QUEUE: 1_200})

    assert backlog(QUEUE) == 0


def test_whoever_asks_for_a_backlog_does_not_ask_the_broker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put(3)
    count_published({QUEUE: 1_200})
    measure([QUEUE])
    monkeypatch.setenv("CELERY_BROKER_WRITE_URL", "redis://127.0.0.1:1/0")

    assert backlog(QUEUE) == 1_200


def test_a_queue_nobody_made_is_measured_as_empty() -> None:
    put(1)

    assert measure(["never.made", QUEUE]) == {"never.made": 0, QUEUE: 1}


def test_what_was_lost_with_a_queue_is_not_counted_afterwards() -> None:
    count_published({QUEUE: 400})
    measure([QUEUE])  # found empty: a restart of the broker, a purge
    put(1)
    count_published({QUEUE: 100})
    measure([QUEUE])

    assert backlog(QUEUE) == 100


def test_more_taken_than_published_is_nothing_waiting() -> None:
    put(1)
    count_taken(QUEUE, 50)
    measure([QUEUE])

    assert backlog(QUEUE) == 0


def test_a_queue_may_always_hold_some() -> None:
    assert limit(QUEUE) == 5_000


def test_a_fast_queue_may_hold_some_seconds_of_what_it_took(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = int(time.time())
    for second in range(5):
        monkeypatch.setattr("time.time", lambda second=second: begun + second + 0.5)
        count_taken(QUEUE, 2_000)
    monkeypatch.setattr("time.time", lambda: begun + 5.5)

    assert limit(QUEUE) == 2_000 * dispatch.SECONDS_OF_WORK


def test_a_rate_of_a_while_ago_counts_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = int(time.time())
    count_taken(QUEUE, 100_000)
    monkeypatch.setattr("time.time", lambda: begun + 30)

    assert limit(QUEUE) == 5_000


def test_without_redis_every_queue_has_room(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    count_published({QUEUE: 9_000})
    count_taken(QUEUE, 1)

    assert backlog(QUEUE) < limit(QUEUE) == 5_000
