import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from celery import current_app

import notifications.tasks  # noqa: F401 - registers them
from channels.transport import loop as transport
from notifications.deliver import worker
from notifications.dispatch import dispatch
from notifications.models import Delivery
from notifications.record import recorder
from notifications.statuses import FINAL
from notifyproj.core.servers.redis_client import quick_redis
from tests.committed import committed_rows
from tests.providers import StandIn, stand_in
from tests.world import World, forget_all, make_world


class Published(NamedTuple):
    task: str
    args: list[Any]
    queue: str


@pytest.fixture
def provider() -> Iterator[StandIn]:
    with stand_in() as made:
        yield made


@pytest.fixture
def transactional_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Committed rows, since the recorder has a connection of its own."""
    with committed_rows(django_db_blocker):
        yield


@pytest.fixture
def world(
    transactional_db: None, provider: StandIn, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    monkeypatch.setattr(recorder, "EVERY", 0.01)
    quick_redis().flushdb()
    dispatch._cache.clear()
    made = make_world(provider.url)
    yield made
    worker.drain()
    worker.forget()
    transport.forget()
    forget_all()


@pytest.fixture(autouse=True)
def tasks_run_at_once(monkeypatch: pytest.MonkeyPatch) -> list[Published]:
    """Published tasks run here and now; each is also noted down."""
    published: list[Published] = []

    def send_task(name: str, args: list[object], queue: str, **_: object) -> None:
        published.append(Published(name, args, queue))
        current_app.tasks[name](*args)

    monkeypatch.setattr(current_app, "send_task", send_task)
    return published


@pytest.fixture
def hints(monkeypatch: pytest.MonkeyPatch) -> list[Published]:
    """Published tasks are noted down only, as in a broker nobody reads."""
    published: list[Published] = []

    def send_task(name: str, args: list[object], queue: str, **_: object) -> None:
        published.append(Published(name, args, queue))

    monkeypatch.setattr(current_app, "send_task", send_task)
    return published


def settle(done: Callable[[], bool], seconds: float = 10.0) -> None:
    stop = time.monotonic() + seconds
    while not done() and time.monotonic() < stop:
        time.sleep(0.02)
    assert done()


def all_final() -> bool:
    return not Delivery.objects.exclude(state__in=[s.value for s in FINAL]).exists()
