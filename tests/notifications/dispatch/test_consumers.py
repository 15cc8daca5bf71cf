"""Which queues somebody takes work from, and who is told when nobody does."""

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from celery import current_app
from celery.signals import task_prerun
from django.test import Client
from pytest_django.fixtures import Settings

from notifications.dispatch import consumers
from notifications.dispatch.consumers import SIGNS, check_in, note, silent
from notifications.queues import ALL, CHECK_IN
from notifyproj.core.models import Alert
from notifyproj.core.servers import redis_client
from notifyproj.core.servers.redis_client import quick_redis
from tests.frozen import frozen, own_valkey

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    quick_redis().delete(SIGNS)
    consumers.forget()
    yield
    quick_redis().delete(SIGNS)
    consumers.forget()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queues that were sent a task to show that somebody takes it."""
    queues: list[str] = []

    def send_task(name: str, queue: str, **_: object) -> None:
        assert name == CHECK_IN
        queues.append(queue)

    monkeypatch.setattr(current_app, "send_task", send_task)
    return queues


def sign(*queues: str, seconds_ago: int = 0) -> None:
    quick_redis().hset(SIGNS, mapping=dict.fromkeys(queues, int(time.time()) - seconds_ago))


def test_a_queue_without_a_sign_is_silent() -> None:
    sign(*(queue for queue in ALL if queue != "push.urgent"))

    assert silent() == ["push.urgent"]


def test_a_sign_is_good_for_half_a_minute() -> None:
    sign(*ALL)
    sign("sms.bulk", seconds_ago=consumers.SILENT + 2)

    assert silent() == ["sms.bulk"]


def test_where_nobody_ever_took_anything_every_queue_is_silent() -> None:
    assert silent() == list(ALL)


def test_a_task_that_begins_is_a_sign_of_its_queue() -> None:
    request = SimpleNamespace(delivery_info={"routing_key": "push.urgent"})
    task_prerun.send(sender=None, task=SimpleNamespace(request=request))

    assert "push.urgent" not in (silent() or [])


def test_a_task_that_came_through_no_queue_is_no_sign() -> None:
    task_prerun.send(sender=None, task=SimpleNamespace(request=SimpleNamespace(delivery_info=None)))

    assert silent() == list(ALL)


def test_a_busy_queue_is_noted_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    note("push.bulk")
    quick_redis().delete(SIGNS)
    note("push.bulk")

    assert not quick_redis().exists(SIGNS)


def test_empty_queues_without_a_recent_sign_are_asked(asked: list[str]) -> None:
    sign("sms.urgent")

    check_in({"push.urgent": 0, "sms.urgent": 0, "email.urgent": 12})

    assert asked == ["push.urgent"]


def test_nothing_piles_up_where_nobody_reads(asked: list[str]) -> None:
    check_in({"push.urgent": 0})
    check_in({"push.urgent": 1})

    assert asked == ["push.urgent"]


def test_somebody_is_told_once_and_again_when_it_is_over(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "ALARMING", 0.0)
    sign(*ALL)
    sign("push.urgent", seconds_ago=60)
    check_in({})
    check_in({})
    alert = Alert.objects.get(key=consumers.ALERT)
    assert (alert.detail, alert.count, alert.resolved_at) == ("push.urgent", 1, None)

    sign(*ALL)
    check_in({})

    alert.refresh_from_db()
    assert alert.resolved_at


def test_a_restart_of_workers_alarms_nobody(asked: list[str]) -> None:
    check_in({})

    assert not Alert.objects.exists()


def test_readiness_names_the_queues_nobody_takes_from(client: Client) -> None:
    sign(*(queue for queue in ALL if queue != "push.urgent"))

    answer = client.get("/health/ready")

    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["parts"]["consumers"] == "silent"
    assert answer.json()["silent_queues"] == ["push.urgent"]


def test_readiness_does_not_guess_while_redis_is_frozen(
    client: Client, tmp_path: Path, settings: Settings
) -> None:
    with own_valkey(tmp_path) as valkey:
        settings.REDIS_URL = valkey.url()
        with frozen(valkey.pid):
            begun = time.monotonic()
            answer = client.get("/health/ready")
            took = time.monotonic() - begun
    redis_client.forget()

    assert answer.json()["parts"]["consumers"] == "unknown"
    assert answer.json()["status"] == "degraded"
    assert took < 0.6
