"""Which worker processes have ended while others of their lane go on."""

import time
from collections.abc import Iterator

import pytest
from celery.signals import heartbeat_sent, worker_shutdown
from django.test import Client

from notifications.dispatch import consumers, worker_processes
from notifications.dispatch.worker_processes import SIGNS, ended, note, watch
from notifications.queues import ALL
from notifyproj.core.models import Alert
from notifyproj.core.servers.redis_client import quick_redis

pytestmark = pytest.mark.django_db

DAY = 86_400


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    quick_redis().delete(SIGNS, consumers.SIGNS)
    worker_processes.forget()
    yield
    quick_redis().delete(SIGNS, consumers.SIGNS)
    worker_processes.forget()


def worker(node: str, *, seconds_ago: int = 0, started: int = 2 * DAY) -> None:
    """It gave its last sign `seconds_ago`, and began `started` seconds ago."""
    now = int(time.time())
    quick_redis().hset(SIGNS, node, f"{now - started} {now - seconds_ago}")


class Sender:
    """Of Celery's signals."""

    def __init__(self, node: str) -> None:
        self.hostname = node
        self.eventer = self


def beat(node: str) -> None:
    heartbeat_sent.send(sender=Sender(node))


def shut_down(node: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.deliver.worker.drain", lambda: None)
    worker_shutdown.send(sender=Sender(node))


def test_one_of_two_processes_of_a_lane_that_ends_is_missed() -> None:
    worker("bulk@one")
    worker("bulk_reserved@one", seconds_ago=40)

    assert ended() == ["bulk_reserved@one"]


def test_one_that_is_connected_gives_signs() -> None:
    worker("bulk@one", seconds_ago=40)
    beat("bulk@one")

    assert ended() == []


def test_signs_are_given_once_in_a_few_seconds() -> None:
    note("bulk@one")
    quick_redis().delete(SIGNS)
    note("bulk@one")

    assert not quick_redis().exists(SIGNS)


def test_one_that_was_replaced_is_not_missed() -> None:
    worker("bulk@old", seconds_ago=300)
    worker("bulk@new", started=200)

    assert ended() == []


def test_a_crash_of_one_of_several_of_a_name_is_missed() -> None:
    worker("bulk@one")
    worker("bulk@two", seconds_ago=300)

    assert ended() == ["bulk@two"]


def test_one_of_several_that_stops_by_itself_is_not_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    worker("bulk@one")
    worker("bulk@two")
    shut_down("bulk@two", monkeypatch)
    worker("urgent@one", seconds_ago=31)

    assert ended() == ["urgent@one"]
    assert quick_redis().hkeys(SIGNS) == [b"bulk@one", b"urgent@one"]


def test_the_last_of_a_name_is_missed_however_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    worker("bulk@one")
    worker("bulk_reserved@one", seconds_ago=20)
    shut_down("bulk_reserved@one", monkeypatch)
    worker("bulk_reserved@one", seconds_ago=31)

    assert ended() == ["bulk_reserved@one"]


def test_after_a_day_nobody_misses_it() -> None:
    worker("bulk@one", seconds_ago=DAY + 1)

    watch()

    assert ended() == []
    assert not quick_redis().exists(SIGNS)


def test_somebody_is_told_and_again_when_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_processes, "ALARMING", 0.0)
    worker("bulk_reserved@one", seconds_ago=40)
    watch()
    watch()
    alert = Alert.objects.get(key=worker_processes.ALERT)
    assert (alert.detail, alert.count, alert.resolved_at) == ("bulk_reserved@one", 1, None)

    worker("bulk_reserved@one", started=1)
    watch()

    alert.refresh_from_db()
    assert alert.resolved_at


def test_readiness_names_it(client: Client) -> None:
    quick_redis().hset(consumers.SIGNS, mapping=dict.fromkeys(ALL, int(time.time())))
    worker("bulk@one")
    worker("bulk_reserved@one", seconds_ago=40)

    answer = client.get("/health/ready")

    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["parts"]["consumers"] == "fewer"
    assert answer.json()["ended_workers"] == ["bulk_reserved@one"]
