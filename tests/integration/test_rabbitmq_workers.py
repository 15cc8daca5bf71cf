"""A real worker on a RabbitMQ: it goes on by itself after a freeze, and one that takes nothing is
told of."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from notifications.dispatch import consumers
from notifications.dispatch.consumers import SIGNS, check_in, silent
from notifications.dispatch.dispatch import measure
from notifications.queues import PERIODIC
from notifyproj.core.servers import broker
from notifyproj.core.servers.redis_client import quick_redis
from notifyproj.processes import find
from tests.frozen import frozen
from tests.integration.rabbitmq import RabbitMQ, own_rabbitmq

pytestmark = pytest.mark.django_db

WORKER = "urgent"
QUEUE = "push.urgent"
FREEZE = 15.0  # seconds: longer than any time limit of a worker's
SOON = 60.0


@pytest.fixture(scope="module")
def rabbit(peer: Callable[[str], str]) -> Iterator[RabbitMQ]:
    with own_rabbitmq(peer("rabbitmq-server")) as made:
        yield made


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    quick_redis().delete(SIGNS)
    consumers.forget()
    broker.forget()
    yield
    broker.forget()


@contextmanager
def worker(url: str) -> Iterator[None]:
    environment = {**os.environ, "CELERY_BROKER_URL": url, "SKIP_CHECKS": "1"}
    command = [sys.executable, "-m", *find(WORKER).arguments]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait(10)


@contextmanager
def beat(url: str, folder: Path) -> Iterator[None]:
    schedule = ("-S", "celery.beat.PersistentScheduler", "-s", str(folder / "schedule"))
    environment = {**os.environ, "CELERY_BROKER_URL": url, "SKIP_CHECKS": "1"}
    command = [sys.executable, "-m", *find("beat").arguments, *schedule]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait(10)


def ticks() -> int:
    """What Beat has published that nobody takes."""
    return measure([PERIODIC]).get(PERIODIC, 0)


def is_consumed() -> bool:
    """As `periodic` asks, once a second."""
    check_in(measure([QUEUE]))
    return QUEUE not in (silent() or [])


def within(seconds: float, done: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True


def test_a_worker_goes_on_by_itself_after_its_broker_was_frozen(
    rabbit: RabbitMQ, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CELERY_BROKER_WRITE_URL", rabbit.url())
    with worker(rabbit.url()):
        assert within(SOON, is_consumed)
        with frozen(rabbit.pid):
            time.sleep(FREEZE)
        quick_redis().delete(SIGNS)

        assert within(SOON, is_consumed)


def test_beat_goes_on_by_itself_after_its_broker_was_frozen(
    rabbit: RabbitMQ, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CELERY_BROKER_WRITE_URL", rabbit.url())
    with beat(rabbit.url(), tmp_path):
        assert within(SOON, lambda: ticks() > 1)
        with frozen(rabbit.pid):
            time.sleep(FREEZE)
        assert within(SOON, lambda: bool(measure([PERIODIC])))
        before = ticks()

        assert within(SOON, lambda: ticks() > before + 5)


def test_a_worker_that_a_vhost_of_quorum_queues_refuses_is_told_of(
    rabbit: RabbitMQ, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    rabbit.control("add_vhost", "quorum", "--default-queue-type", "quorum")
    rabbit.control("set_permissions", "-p", "quorum", "guest", ".*", ".*", ".*")
    monkeypatch.setenv("CELERY_BROKER_WRITE_URL", rabbit.url("quorum"))
    with worker(rabbit.url("quorum")):
        consumed = within(20, is_consumed)

    assert not consumed
    assert QUEUE in (silent() or [])


def test_a_worker_works_off_what_waits_while_an_alarm_lasts(
    rabbit: RabbitMQ, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CELERY_BROKER_WRITE_URL", rabbit.url())
    assert within(SOON, lambda: bool(measure([QUEUE])))
    check_in({QUEUE: 0})
    with rabbit.alarmed(), worker(rabbit.url()):
        assert within(SOON, lambda: QUEUE not in (silent() or []))
