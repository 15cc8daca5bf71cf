from typing import Any, cast

import pytest
from rest_framework.test import APIClient

from notifications.models import Delivery, Notification
from notifyproj.core.models import Service
from notifyproj.core.servers.redis_client import quick_redis
from preferences.models import Recipient
from tests.api.notifications.conftest import PATH, client_of, order, written
from tests.world import World

BATCH = f"{PATH}/batch"


def send(api: APIClient, items: list[Any]) -> dict[str, Any]:
    answer = api.post(BATCH, {"notifications": items}, format="json")
    assert answer.status_code == 202
    body: dict[str, Any] = answer.json()
    return body


def test_each_item_is_answered_in_its_place(api: APIClient) -> None:
    good = [order(metadata={"n": n}) for n in range(3)]

    body = send(api, [good[0], order(type="gossip"), good[1], order(user_id="nobody"), good[2]])

    assert (body["accepted"], body["refused"]) == (3, 2)
    assert [result["status"] for result in body["results"]] == [202, 400, 202, 422, 202]
    ids = [r["notification"]["id"] for r in body["results"] if r["status"] == 202]
    found = {str(row.pk): row.metadata["n"] for row in Notification.objects.all()}
    assert [found[id_] for id_ in ids] == [0, 1, 2]


def test_bad_items_of_any_shape_do_not_sink_the_others(api: APIClient) -> None:
    body = send(api, [None, 7, "text", [], {}, order()])

    assert [result["status"] for result in body["results"]] == [400] * 5 + [202]
    assert all(result["error"]["fields"] for result in body["results"][:5])


def test_a_person_whose_key_is_damaged_does_not_sink_the_others(
    api: APIClient, shop: World
) -> None:
    shop.person("damaged")
    Recipient.objects.filter(external_id="damaged").update(data_key=b"\x01nonsense")

    body = send(api, [order(user_id="damaged"), order()])

    assert [result["status"] for result in body["results"]] == [422, 202]
    assert "user_id" in body["results"][0]["error"]["fields"]
    assert Notification.objects.count() == 1


def test_a_thousand_items_are_taken_at_once(api: APIClient, published: list[Any]) -> None:
    body = send(api, [order(channels=["push"]) for _ in range(1_000)])

    assert body["accepted"] == 1_000
    assert Delivery.objects.count() == 1_000
    assert [(queue, len(args[0])) for queue, args in published] == [("push.urgent", 500)] * 2


def test_more_than_a_thousand_items_are_refused(api: APIClient) -> None:
    answer = api.post(BATCH, {"notifications": [{}] * 1_001}, format="json")

    assert answer.status_code == 400
    assert "notifications" in answer.json()["error"]["fields"]


def test_an_empty_batch_is_refused(api: APIClient) -> None:
    assert api.post(BATCH, {"notifications": []}, format="json").status_code == 400


def test_a_batch_of_bad_items_only_writes_nothing(api: APIClient) -> None:
    body = send(api, [order(type="gossip", idempotency_key="k")] * 3)

    assert (body["accepted"], body["refused"]) == (0, 3)
    assert written() == (0, 0, 0)


@pytest.fixture
def slow(shop: World) -> Service:
    """One unit a second, two at once: what a batch owes then is not paid while a test runs."""
    return Service.objects.create(slug="slow", name="Slow", rate_per_second=1)


def test_a_batch_costs_its_items_of_the_services_rate(slow: Service) -> None:
    """More than its burst, too: it passes once."""
    client = client_of(slow)
    send(client, [order()] * 100)

    answer = client.post(BATCH, {"notifications": [order()]}, format="json")

    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 100
    assert Notification.objects.count() == 100


@pytest.mark.parametrize(
    ("items", "units"),
    [
        ([{"type": "gossip"}] * 100, 100),
        ([None] * 50, 50),
        ([{}] * 1_001, 1),
        ("no list", 1),
        ([], 1),
    ],
    ids=["wrong", "nothing", "too many", "unreadable", "empty"],
)
def test_a_refused_batch_is_charged_once(slow: Service, items: Any, units: int) -> None:
    before = _second()
    client_of(slow).post(BATCH, {"notifications": items}, format="json")
    paid_at = float(cast(str, quick_redis().get(f"api-rate:{slow.pk}")))

    assert paid_at - _second() <= units <= paid_at - before


def _second() -> float:
    """By the clock of Redis, which counts."""
    seconds, micros = quick_redis().time()
    return seconds + micros / 1_000_000
