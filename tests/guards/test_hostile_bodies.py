"""No route answers 5xx to a body, whatever stands in whichever of its places."""

import os
import random
from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import Client

from notifyproj.core.api import authentication
from notifyproj.core.api.keys import api_key_create
from notifyproj.core.models import Service
from notifyproj.core.servers import redis_client
from tests.api.notifications.conftest import make_shop
from tests.guards.bodies import bodies, operations
from tests.guards.test_hostile_queries import filled

pytestmark = pytest.mark.django_db
SHARE = float(os.environ.get("HOSTILE_SHARE", "0.05"))  # of all bodies


@pytest.fixture
def shop(db: None) -> Client:
    authentication.forget()
    redis_client.forget_buckets()
    world = make_shop()
    Service.objects.update(rate_per_second=1_000_000)
    _, key = api_key_create(service=world.service, scopes=("admin",))
    return Client(raise_request_exception=False, HTTP_AUTHORIZATION=f"Bearer {key}")


def asked() -> Iterator[tuple[str, str, bytes]]:
    chance = random.Random(7)
    for method, path, operation, schema in operations():
        for body in bodies(schema):
            if chance.random() < SHARE:
                yield method, filled(path, operation), body


def test_no_body_is_an_error_of_ours(shop: Client) -> None:
    wrong, sent = [], 0
    for method, path, body in asked():
        sent += 1
        with transaction.atomic():
            answer = shop.generic(method.upper(), path, body, content_type="application/json")
            transaction.set_rollback(True)
        if answer.status_code >= 500 and answer.status_code != 503:
            wrong.append((method, path, body[:300], getattr(answer, "exc_info", None)))
    assert sent > 300
    assert wrong == []
