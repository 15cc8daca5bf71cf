"""Redis and the broker are there and answer nothing: SIGSTOP, not a refused connection."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.test import Client
from pytest_django.fixtures import Settings

from notifications.dispatch import dispatch
from notifications.models import Delivery
from notifyproj.core.models import Service
from notifyproj.core.servers import broker, redis_client
from notifyproj.launch.servers.valkey import Valkey
from preferences.models import Cap, NotificationType
from tests.api.notifications.conftest import PATH, client_of, order
from tests.frozen import frozen, own_valkey
from tests.world import World, forget_all

FIRST = 0.6  # seconds of the request that finds it out: each server is waited for 0.1 s, once
OTHERS = 0.2  # of every other: it is left alone for a second


@pytest.fixture
def valkey(
    shop: World, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Valkey]:
    """Of this test, for counters and hints; what is published is published for real."""
    monkeypatch.undo()
    with own_valkey(tmp_path) as made:
        settings.REDIS_URL = settings.CELERY_BROKER_URL = made.url()
        monkeypatch.setenv("CELERY_BROKER_WRITE_URL", made.url())
        for forget in (broker.forget, redis_client.forget, dispatch._cache.clear):
            forget()
        yield made
    broker.forget()
    redis_client.forget()


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.monotonic()
    answer = call()
    return time.monotonic() - begun, answer


def test_each_request_is_answered_soon_while_redis_is_frozen(valkey: Valkey, shop: World) -> None:
    client = client_of(shop.service)
    assert client.post(PATH, order(), format="json").status_code == 202  # all is connected

    with frozen(valkey.pid):
        answers = [timed(lambda: client.post(PATH, order(), format="json")) for _ in range(12)]

    assert {answer.status_code for _, answer in answers} == {202}
    assert answers[0][0] < FIRST
    assert max(seconds for seconds, _ in answers[1:]) < OTHERS


def test_what_was_accepted_meanwhile_is_due_for_the_sweep(valkey: Valkey, shop: World) -> None:
    with frozen(valkey.pid):
        client_of(shop.service).post(PATH, order(), format="json")

    assert not Delivery.objects.filter(due_at=None).exists()


def test_a_capped_batch_to_many_is_accepted_soon_and_its_marketing_waits(
    valkey: Valkey, shop: World
) -> None:
    NotificationType.objects.filter(slug="order_confirmed").update(mandatory=False)
    kind = NotificationType.objects.get(slug="order_confirmed")
    Cap.objects.create(type=kind, most=1, per="day")
    forget_all()
    items = [order(variables={**order()["variables"], "order_id": str(n)}) for n in range(200)]
    client = client_of(shop.service)

    with frozen(valkey.pid):
        body = {"notifications": items}
        took, answer = timed(lambda: client.post(f"{PATH}/batch", body, format="json"))

    assert answer.status_code == 202
    assert took < 3.0  # of 200 requests; not the two seconds that many counts may take each
    assert {row.reason for row in Delivery.objects.all()} <= {"caps_unknown", ""}


def test_reading_and_readiness_go_on_while_redis_is_frozen(
    valkey: Valkey, shop: World, client: Client
) -> None:
    reader = client_of(shop.service)
    sent = reader.post(PATH, order(), format="json").json()["id"]

    with frozen(valkey.pid):
        took, answer = timed(lambda: reader.get(f"{PATH}/{sent}"))
        waited, ready = timed(lambda: client.get("/health/ready"))

    assert (answer.status_code, took < FIRST) == (200, True)
    assert (ready.status_code, ready.json()["status"], waited < FIRST) == (200, "degraded", True)


def test_a_frozen_redis_is_used_again_after_it_went_on(valkey: Valkey, shop: World) -> None:
    client = client_of(shop.service)
    with frozen(valkey.pid):
        client.post(PATH, order(), format="json")
    deadline = time.monotonic() + 5

    def is_queued() -> bool:
        client.post(PATH, order(), format="json")
        with redis.Redis.from_url(valkey.url()) as other:
            return bool(other.exists("push.urgent"))

    while not is_queued():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_rate_limit_holds_while_redis_is_frozen(valkey: Valkey, shop: World) -> None:
    """It fails closed to a share: what one process may allow by itself, twice a second's rate."""
    Service.objects.filter(pk=shop.service.pk).update(rate_per_second=2)
    redis_client.forget_buckets()
    client = client_of(Service.objects.get(pk=shop.service.pk))

    with frozen(valkey.pid):
        codes = [client.post(PATH, order(), format="json").status_code for _ in range(12)]

    assert codes[:4] == [202] * 4
    assert 429 in codes


def test_each_of_several_processes_allows_its_share(
    valkey: Valkey, shop: World, settings: Settings
) -> None:
    settings.API_PROCESSES = 4
    Service.objects.filter(pk=shop.service.pk).update(rate_per_second=4)
    redis_client.forget_buckets()
    client = client_of(Service.objects.get(pk=shop.service.pk))

    with frozen(valkey.pid):
        codes = [client.post(PATH, order(), format="json").status_code for _ in range(8)]

    assert codes[:2] == [202] * 2
    assert codes.count(202) < 5
