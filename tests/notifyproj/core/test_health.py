from collections.abc import Callable

import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from notifyproj.core import health
from notifyproj.core.extension_point import ExtensionPoint

pytestmark = pytest.mark.django_db

DEAD = "redis://127.0.0.1:1/0"


def test_live_asks_nobody(
    client: Client, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.REDIS_URL = settings.CELERY_BROKER_URL = DEAD
    with django_assert_num_queries(0):
        assert client.get("/health/live").json() == {"status": "ok"}


def test_ready_says_how_each_part_is(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    point = ExtensionPoint[Callable[[], list[str] | None]]()
    point.register("test", list)
    monkeypatch.setattr(health, "silent_queues", point)
    response = client.get("/health/ready")
    assert response.status_code == 200
    parts = response.json()["parts"]
    asked = ("postgres", "redis", "broker", "migrations", "consumers")
    assert parts == dict.fromkeys(asked, "ok")
    assert response.json()["status"] == "ok"


@pytest.mark.parametrize("broker", [DEAD, "amqp://guest@127.0.0.1:1//"])
def test_without_a_broker_it_is_degraded_but_ready(
    client: Client, settings: Settings, broker: str
) -> None:
    settings.CELERY_BROKER_URL = broker
    response = client.get("/health/ready")
    assert (response.status_code, response.json()["status"]) == (200, "degraded")
    assert response.json()["parts"]["broker"] == "down"


def test_with_migrations_to_apply_it_is_not_ready(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_all_applied", lambda: False)
    response = client.get("/health/ready")
    assert (response.status_code, response.json()["parts"]["migrations"]) == (503, "pending")


def test_without_postgres_it_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError

    monkeypatch.setattr(connection, "cursor", refuse)
    monkeypatch.setattr(connection, "close", lambda: None)
    response = client.get("/health/ready")
    assert (response.status_code, response.json()["parts"]["postgres"]) == (503, "down")
