"""Who may, how much, and what happens when something is away."""

import time
from typing import Any

import pytest
from celery import current_app
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from notifications.accept.accept import backlog
from notifications.counters.table import CREATED
from notifications.dispatch import dispatch
from notifications.models import Counter, Delivery, Notification
from notifications.statuses import State
from notifyproj.core.clock import now
from notifyproj.core.models import Service
from notifyproj.core.servers import broker, redis_client
from preferences.models import NotificationType
from tests.api.notifications.conftest import PATH, Post, client_of, order, written
from tests.world import World, forget_all

ROUTES = [
    ("get", PATH, "read"),
    ("post", PATH, "send"),
    ("post", f"{PATH}/batch", "send"),
    ("get", f"{PATH}/01a201d7-f5ba-748e-bf8e-41faef511cdb", "read"),
    ("post", f"{PATH}/01a201d7-f5ba-748e-bf8e-41faef511cdb/cancel", "send"),
]


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
def test_nobody_gets_in_without_a_key(shop: World, method: str, path: str, scope: str) -> None:
    answer = getattr(APIClient(), method)(path)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"]


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
def test_a_key_does_what_its_scopes_say_and_no_more(
    shop: World, method: str, path: str, scope: str
) -> None:
    others = {"send", "read", "recipients"} - {scope}

    assert getattr(client_of(shop.service, *others), method)(path).status_code == 403
    assert getattr(client_of(shop.service, scope), method)(path).status_code not in (401, 403)


def test_a_service_that_asks_too_fast_is_told_when_to_come_back(shop: World) -> None:
    service = Service.objects.create(slug="slow", name="Slow", rate_per_second=1)
    client = client_of(service)

    taken = 0
    while (answer := client.post(PATH, order(), format="json")).status_code == 202:
        taken += 1
        assert taken < 50  # a busy machine may be given some more than two, one a second

    assert (answer.status_code, taken >= 2) == (429, True)
    assert int(answer["Retry-After"]) >= 1
    assert Notification.objects.count() == taken


@pytest.fixture
def full(shop: World, settings: Settings) -> None:
    """As many deliveries wait as may."""
    settings.BACKLOG_LIMIT = 1_000
    cell = {"hour": now(), "type_id": 1, "channel": "push"}
    Counter.objects.create(**cell, measure=CREATED, n=3_000)
    Counter.objects.create(**cell, measure=State.SENT, n=2_000)
    NotificationType.objects.filter(slug="order").update(max_priority="normal")
    forget_all()
    backlog.forget()


ORDINARY: dict[str, Any] = {
    "type": "order",
    "template_id": "order",
    "variables": {"order_id": "1"},
}


def test_above_the_backlog_limit_it_is_503_with_the_time_to_wait(full: None, post: Post) -> None:
    answer = post(**ORDINARY)

    assert answer.status_code == 503
    assert int(answer["Retry-After"]) == 10
    assert answer.json()["error"]["code"] == "backlog_full"
    assert written() == (0, 0, 0)


def test_a_batch_is_refused_as_a_whole_above_the_limit(full: None, api: APIClient) -> None:
    body = {"notifications": [order(**ORDINARY)]}

    answer = api.post(f"{PATH}/batch", body, format="json")

    assert answer.status_code == 503
    assert written() == (0, 0, 0)


def test_an_urgent_item_of_a_batch_passes_the_limit_alone(full: None, api: APIClient) -> None:
    body = {"notifications": [order(**ORDINARY), order(), order(**ORDINARY)]}

    results = api.post(f"{PATH}/batch", body, format="json").json()["results"]

    assert [result["status"] for result in results] == [503, 202, 503]
    assert results[0]["error"]["code"] == "backlog_full"
    assert Notification.objects.count() == 1


def test_types_that_may_be_urgent_pass_the_limit(full: None, post: Post) -> None:
    assert post().status_code == 202


def test_below_the_limit_everybody_passes(full: None, post: Post, settings: Settings) -> None:
    settings.BACKLOG_LIMIT = 1_001

    assert post(**ORDINARY).status_code == 202


@pytest.fixture
def dead_broker(shop: World, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Any:
    """Broker and counters alike: nobody listens there."""
    monkeypatch.undo()  # publish for real
    url = "redis://127.0.0.1:1/0"
    settings.REDIS_URL = url
    monkeypatch.setattr(current_app.conf, "broker_write_url", url)
    _begin_anew()
    yield
    _begin_anew()


def _begin_anew() -> None:
    """What a process remembers of its broker and its Redis."""
    for forget in (
        broker.forget,
        redis_client.forget,
        redis_client.forget_buckets,
        dispatch._cache.clear,
    ):
        forget()


def test_a_broker_that_is_away_costs_nobody_anything(
    dead_broker: None, shop: World, settings: Settings
) -> None:
    client = client_of(shop.service)
    took = []
    for _ in range(5):
        begun = time.monotonic()
        assert client.post(PATH, order(), format="json").status_code == 202
        took.append(time.monotonic() - begun)

    assert sorted(took)[2] < 0.5  # of five: the machine may have been busy once or twice
    due = [row.due_at for row in Delivery.objects.all()]
    assert len(due) == 10
    assert all(at and (at - now()).total_seconds() <= 30 for at in due)
