"""A real worker and a real Beat go on by themselves after their broker was frozen."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from pytest_django.fixtures import Settings

from notifications.dispatch import consumers
from notifications.dispatch.consumers import SIGNS, check_in, silent
from notifications.dispatch.dispatch import measure
from notifications.queues import PERIODIC
from notifyproj.core.servers import broker, redis_client
from notifyproj.launch.servers.valkey import Valkey
from notifyproj.processes import find
from tests.frozen import frozen, own_valkey

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(180)]

QUEUE = "push.urgent"
FREEZE = 7.0  # seconds: longer than the time limit of a worker's connection
SOON = 60.0


@pytest.fixture
def valkey(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Valkey]:
    with own_valkey(tmp_path) as made:
        settings.REDIS_URL = settings.CELERY_BROKER_URL = made.url()
        monkeypatch.setenv("CELERY_BROKER_WRITE_URL", made.url())
        consumers.forget()
        broker.forget()
        yield made
    broker.forget()
    redis_client.forget()
    consumers.forget()


@contextmanager
def running(valkey: Valkey, arguments: Sequence[str]) -> Iterator[None]:
    urls = {"CELERY_BROKER_URL": valkey.url(), "REDIS_URL": valkey.url(), "SKIP_CHECKS": "1"}
    command = [sys.executable, "-m", *arguments]
    process = subprocess.Popen(command, env=os.environ | urls, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait(10)


def wait_until(done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SOON
    while not done():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


def is_consumed() -> bool:
    """As `periodic` asks, once a second."""
    check_in(measure([QUEUE]))
    return QUEUE not in (silent() or [QUEUE])


def test_a_worker_goes_on_by_itself(valkey: Valkey) -> None:
    with running(valkey, find("urgent").arguments):
        wait_until(is_consumed, "it takes from its queue")
        with frozen(valkey.pid):
            time.sleep(FREEZE)
        redis.Redis.from_url(valkey.url()).delete(SIGNS)

        wait_until(is_consumed, "it takes from its queue again")


def test_beat_goes_on_by_itself(valkey: Valkey, tmp_path: Path) -> None:
    """With a schedule in a file: what it keeps in the database is not in question."""
    schedule = ("-S", "celery.beat.PersistentScheduler", "-s", str(tmp_path / "schedule"))
    other = redis.Redis.from_url(valkey.url())

    def ticks() -> bool:
        return bool(other.llen(PERIODIC))

    with running(valkey, (*find("beat").arguments, *schedule)):
        wait_until(ticks, "it ticks")
        with frozen(valkey.pid):
            time.sleep(FREEZE)
        other.delete(PERIODIC)

        wait_until(ticks, "it ticks again")
