"""A service that listens, at a receiver in a thread."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from standardwebhooks import Webhook

from notifications.status_events import services
from notifications.status_events.models import StatusEndpoint, StatusEvent
from notifications.status_events.send import recorder, send
from notifications.status_events.services import EndpointFields
from notifyproj.core.clock import now
from tests.flows.conftest import settle
from tests.providers import Answer, StandIn, stand_in
from tests.world import World

Listen = Callable[..., tuple[StatusEndpoint, str]]


@pytest.fixture
def receiver() -> Iterator[StandIn]:
    with stand_in() as made:
        yield made


@pytest.fixture
def listen(world: World, receiver: StandIn, monkeypatch: pytest.MonkeyPatch) -> Listen:
    """Make an endpoint; answers it and its secret."""
    monkeypatch.setattr(recorder, "EVERY", 0.01)
    monkeypatch.setattr(recorder, "PAUSE", 0.01)

    def make(url: str = "", service: int = 0, **fields: Any) -> tuple[StatusEndpoint, str]:
        wanted = EndpointFields(url=url or f"{receiver.url}/hooks", **fields)
        return services.endpoint_create(service_id=service or world.service.pk, fields=wanted)

    return make


def told(receiver: StandIn) -> list[dict[str, Any]]:
    return [json.loads(request["body"]) for request in receiver.requests]


def events(receiver: StandIn) -> list[str]:
    return [body["type"] for body in told(receiver)]


def verified(request: dict[str, Any], secret: str) -> Any:
    """As a receiver does it; raises WebhookVerificationError."""
    return Webhook(secret).verify(request["body"], request["headers"])


def beat() -> None:
    """One tick of Beat, and what it sent is written down."""
    send.send_due()
    settle(lambda: not StatusEvent.objects.exclude(lease_id=None).exists())


def time_passes() -> None:
    """Every retry is due, and nobody rests any more."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE status_event SET due_at = now() WHERE due_at IS NOT NULL")
        cursor.execute("UPDATE status_endpoint SET rest_until = NULL")


def next_second() -> None:
    """Signatures are stamped in whole seconds."""
    time.sleep(1 - time.time() % 1 + 0.001)


@pytest.fixture
def slow() -> Iterator[StandIn]:
    """An endpoint that takes the request and says nothing."""
    with stand_in() as made:
        made.always = Answer(hang=60)
        yield made


def put(endpoint: StatusEndpoint, n: int = 1) -> list[str]:
    return [str(services.event_test(endpoint=endpoint, now=now())) for _ in range(n)]


def ids(receiver: StandIn) -> list[str]:
    return [request["headers"]["webhook-id"] for request in receiver.requests]


def only() -> StatusEvent:
    return StatusEvent.objects.get()


def fail_for(endpoint: StatusEndpoint, hours: float, tries: int) -> None:
    since = now() - timedelta(hours=hours)
    StatusEndpoint.objects.filter(pk=endpoint.pk).update(failing_since=since, failures=tries)
