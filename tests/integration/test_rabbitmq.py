"""RabbitMQ as the broker: frozen, alarmed, restarted. Nobody who accepts waits for it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from notifications.dispatch import dispatch
from notifications.dispatch.dispatch import backlog, measure
from notifications.queues import RESOLVE_URGENT
from notifyproj.core.servers import broker
from tests.api.notifications.conftest import PATH, client_of, make_shop, order
from tests.frozen import frozen
from tests.integration.rabbitmq import RabbitMQ, own_rabbitmq
from tests.world import World

pytestmark = pytest.mark.django_db

BOUND = 0.35  # seconds of a request: 0.1 for the broker, the rest is Postgres on a busy machine
SENDS = 24


@pytest.fixture(scope="module")
def rabbit(peer: Callable[[str], str]) -> Iterator[RabbitMQ]:
    with own_rabbitmq(peer("rabbitmq-server")) as made:
        yield made


@pytest.fixture
def shop(rabbit: RabbitMQ, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    settings.CELERY_BROKER_URL = rabbit.url()
    monkeypatch.setenv("CELERY_BROKER_WRITE_URL", rabbit.url())
    broker.forget()
    dispatch._cache.clear()
    yield make_shop()
    broker.forget()


@pytest.fixture
def api(shop: World) -> APIClient:
    """Once all is connected."""
    client = client_of(shop.service)
    assert client.post(PATH, order(), format="json").status_code == 202
    deadline = time.monotonic() + 10
    while not measure([RESOLVE_URGENT]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return client


TROUBLES: dict[str, Callable[[RabbitMQ], AbstractContextManager[None]]] = {
    "frozen": lambda rabbit: frozen(rabbit.pid),
    "memory alarm": lambda rabbit: rabbit.alarmed(),
    "disk alarm": lambda rabbit: rabbit.out_of_disk(),
}


@pytest.fixture(params=TROUBLES)
def trouble(request: pytest.FixtureRequest, rabbit: RabbitMQ, api: APIClient) -> Iterator[str]:
    with TROUBLES[request.param](rabbit):
        yield request.param


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.monotonic()
    answer = call()
    return time.monotonic() - begun, answer


def test_every_request_is_answered_soon(trouble: str, api: APIClient) -> None:
    answers = [timed(lambda: api.post(PATH, order(), format="json")) for _ in range(SENDS)]

    assert {answer.status_code for _, answer in answers} == {202}
    assert max(seconds for seconds, _ in answers) < BOUND


def test_readiness_is_answered_soon_and_says_it(trouble: str, client: Client) -> None:
    took, answer = timed(lambda: client.get("/health/ready"))

    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["parts"]["broker"] == ("down" if trouble == "frozen" else "blocked")
    assert took < BOUND


def test_an_alarm_is_named_also_right_after_a_failed_publication(
    rabbit: RabbitMQ, api: APIClient, client: Client
) -> None:
    with rabbit.alarmed():
        assert not dispatch.publish_resolve("0", 1, 0)
        answer = client.get("/health/ready")

    assert answer.json()["parts"]["broker"] == "blocked"


def test_measuring_gives_up_within_its_second(trouble: str, api: APIClient) -> None:
    api.post(PATH, order(), format="json")

    assert timed(lambda: measure([RESOLVE_URGENT]))[0] < broker.PATIENCE + 0.5


@pytest.mark.parametrize("which", TROUBLES)
def test_hints_are_published_again_once_it_is_over(
    which: str, rabbit: RabbitMQ, api: APIClient
) -> None:
    with TROUBLES[which](rabbit):
        assert not dispatch.publish_resolve("0", 1, 0)
    deadline = time.monotonic() + 10

    while not dispatch.publish_resolve("0", 1, 0):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_many_threads_wait_together_and_not_one_after_the_other(
    rabbit: RabbitMQ, api: APIClient
) -> None:
    took: list[float] = []

    def publish() -> None:
        took.append(timed(lambda: dispatch.publish_resolve("0", 1, 0))[0])

    with frozen(rabbit.pid):
        threads = [threading.Thread(target=publish) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert max(took) < BOUND


def test_what_is_confirmed_is_in_the_queue(rabbit: RabbitMQ, api: APIClient) -> None:
    before = measure([RESOLVE_URGENT])[RESOLVE_URGENT]

    assert dispatch.publish_resolve("0", 1, 0)

    assert measure([RESOLVE_URGENT])[RESOLVE_URGENT] == before + 1


def test_a_queue_nobody_made_is_empty_and_spoils_nothing(rabbit: RabbitMQ, api: APIClient) -> None:
    counts = measure(["never.made", RESOLVE_URGENT, "nor.this"])

    assert (counts["never.made"], counts["nor.this"]) == (0, 0)
    assert dispatch.publish_resolve("0", 1, 0)


def test_a_backlog_is_known_without_asking_it(rabbit: RabbitMQ, api: APIClient) -> None:
    dispatch.count_published({RESOLVE_URGENT: 400})
    dispatch.publish_resolve("0", 1, 0)
    measure([RESOLVE_URGENT])
    with frozen(rabbit.pid):
        took, waiting = timed(lambda: backlog(RESOLVE_URGENT))

    assert waiting > 0
    assert took < broker.TIMEOUT


def test_a_vhost_that_is_not_there_is_a_broker_that_is_away(
    rabbit: RabbitMQ, api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CELERY_BROKER_WRITE_URL", rabbit.url("nowhere"))

    assert not dispatch.publish_resolve("0", 1, 0)
    assert broker.state(rabbit.url("nowhere")) == "down"
