"""A shop with keys, the article's order confirmation, and user-123 with a phone and an inbox."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import current_app
from rest_framework.test import APIClient

from notifications.accept.accept import backlog
from notifications.models import Delivery, IdempotencyKey, Notification
from notifyproj.core.api import authentication
from notifyproj.core.api.keys import api_key_create
from notifyproj.core.models import Service
from notifyproj.core.servers import redis_client
from preferences.models import NotificationType
from templates.versions.services import template_create, version_draft, version_publish
from tests.committed import committed_rows
from tests.world import World, forget_all, make_world

PARTS = {
    "push": {
        "default": {
            "title": "Order {{ order_id }} confirmed",
            "body": "{{ total }}, with you on {{ estimated_delivery }}",
        }
    },
    "inbox": {"default": {"title": "Order {{ order_id }}", "body": "{{ total }}"}},
}
ORDER: dict[str, Any] = {
    "type": "order_confirmed",
    "user_id": "user-123",
    "template_id": "order-confirmation-v2",
    "variables": {"order_id": "ORD-98765", "total": "$142.50", "estimated_delivery": "June 27"},
    "priority": "high",
    "scheduled_at": None,
}
PATH = "/api/v1/notifications"
Post = Callable[..., Any]


@pytest.fixture
def transactional_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with committed_rows(django_db_blocker):
        yield


def make_shop() -> World:
    world = make_world("http://127.0.0.1:9")
    template = template_create(slug="order-confirmation", name="Order confirmation")
    for _ in range(2):
        version_publish(version=version_draft(template=template, parts=PARTS))
    NotificationType.objects.create(
        slug="order_confirmed",
        name="Order confirmed",
        channels=["push", "inbox"],
        max_priority="high",
        template="order-confirmation",
    )
    world.person("user-123", token="a" * 64)
    for forget in (forget_all, redis_client.forget_buckets, authentication.forget, backlog.forget):
        forget()
    return world


@pytest.fixture
def shop(db: None) -> World:
    return make_shop()


@pytest.fixture(autouse=True)
def published(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[Any]]]:
    """(queue, arguments) of what was handed to the broker; nobody takes it."""
    sent: list[tuple[str, list[Any]]] = []

    def send_task(name: str, args: list[Any], queue: str, **_: object) -> None:
        sent.append((queue, args))

    monkeypatch.setattr(current_app, "send_task", send_task)
    return sent


def client_of(service: Service, *scopes: str) -> APIClient:
    _, secret = api_key_create(service=service, scopes=scopes or ("send", "read"))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


@pytest.fixture
def api(shop: World) -> APIClient:
    return client_of(shop.service)


@pytest.fixture
def post(api: APIClient) -> Post:
    """Send the article's request with some fields changed; None takes one out."""

    def send(path: str = PATH, headers: Any = None, **changed: Any) -> Any:
        return api.post(path, order(**changed), format="json", headers=headers)

    return send


def order(**changed: Any) -> dict[str, Any]:
    body = {**ORDER, **changed}
    return {name: value for name, value in body.items() if value is not None}


def written() -> tuple[int, int, int]:
    """How many notifications, deliveries and idempotency keys there are."""
    return Notification.objects.count(), Delivery.objects.count(), IdempotencyKey.objects.count()
