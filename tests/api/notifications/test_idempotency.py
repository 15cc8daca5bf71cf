"""The same key and body is the same request, whatever happens in between."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from rest_framework.test import APIClient

from notifications.accept import idempotency
from notifications.accept.requests import SendRequest
from notifications.models import Delivery, IdempotencyKey, Notification
from notifyproj.core.api.bodies import convert
from notifyproj.core.api.keys import api_key_revoke
from notifyproj.core.clock import now
from notifyproj.core.models import ApiKey, Service
from tests.api.notifications.conftest import PATH, Post, client_of, make_shop, order, written
from tests.flows.threads import at_once
from tests.world import World

KEY = {"Idempotency-Key": "order-98765"}
FULL_DAY = timedelta(hours=24)


def test_the_first_answer_is_replayed(post: Post) -> None:
    first = post(headers=KEY)
    second = post(headers=KEY)

    assert second.status_code == first.status_code == 202
    assert second.json() == first.json()
    assert second["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert Notification.objects.count() == 1


def test_a_replay_publishes_nothing(post: Post, published: list[Any]) -> None:
    post(headers=KEY)
    published.clear()

    post(headers=KEY)

    assert published == []


def test_the_order_of_fields_makes_no_other_body(api: APIClient) -> None:
    body = order()
    turned = dict(reversed(body.items()))
    turned["variables"] = dict(reversed(body["variables"].items()))

    answers = [api.post(PATH, each, format="json", headers=KEY) for each in (body, turned)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert Notification.objects.count() == 1


def test_another_body_under_the_same_key_is_409(post: Post) -> None:
    post(headers=KEY)

    answer = post(headers=KEY, priority="low")

    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "idempotency_conflict"
    assert "Idempotency-Key" in answer.json()["error"]["fields"]
    assert Notification.objects.count() == 1


def test_without_a_key_each_request_is_another(post: Post) -> None:
    post()
    post()

    assert Notification.objects.count() == 2


def test_keys_outlive_the_api_key_they_came_with(shop: World, api: APIClient) -> None:
    first = api.post(PATH, order(), format="json", headers=KEY)
    api_key_revoke(key=ApiKey.objects.get())

    second = client_of(shop.service).post(PATH, order(), format="json", headers=KEY)

    assert second.json() == first.json()


def test_services_do_not_share_keys(post: Post) -> None:
    post(headers=KEY)
    other = client_of(Service.objects.create(slug="other", name="Other"))

    answer = other.post(PATH, order(), format="json", headers=KEY)

    assert "Idempotency-Replayed" not in answer
    assert Notification.objects.count() == 2


def test_a_refused_request_is_not_remembered(post: Post) -> None:
    assert post(headers=KEY, user_id="nobody").status_code == 422
    assert written() == (0, 0, 0)

    assert post(headers=KEY).status_code == 202


def test_a_key_is_free_again_after_a_day(post: Post) -> None:
    post(headers=KEY)
    IdempotencyKey.objects.update(created_at=now() - FULL_DAY - timedelta(seconds=1))

    answer = post(headers=KEY, priority="low")

    assert answer.status_code == 202
    assert Notification.objects.count() == 2


def test_a_key_is_kept_for_the_whole_day(post: Post) -> None:
    post(headers=KEY)
    IdempotencyKey.objects.update(created_at=now() - FULL_DAY + timedelta(minutes=1))
    idempotency.forget(now())

    assert post(headers=KEY)["Idempotency-Replayed"] == "true"


def test_keys_past_their_day_are_forgotten(post: Post) -> None:
    post(headers=KEY)
    IdempotencyKey.objects.update(created_at=now() - FULL_DAY - timedelta(seconds=1))

    assert idempotency.forget(now()) == 1

    assert not IdempotencyKey.objects.exists()


def test_the_stored_answer_holds_nothing_of_the_message(post: Post) -> None:
    post(headers=KEY)

    assert "98765" not in str(IdempotencyKey.objects.get().response)


def send_batch(api: APIClient, *items: dict[str, Any], **headers: Any) -> list[dict[str, Any]]:
    answer = api.post(f"{PATH}/batch", {"notifications": items}, format="json", **headers)
    assert answer.status_code == 202
    return list(answer.json()["results"])


def test_items_of_a_batch_have_keys_of_their_own(api: APIClient) -> None:
    send_batch(api, order(idempotency_key="a"))

    results = send_batch(api, order(idempotency_key="a"), order(idempotency_key="b"))

    assert [result.get("replayed", False) for result in results] == [True, False]
    assert Notification.objects.count() == 2


def test_one_item_with_a_used_key_and_another_body_is_409_alone(api: APIClient) -> None:
    send_batch(api, order(idempotency_key="a"))

    results = send_batch(api, order(idempotency_key="a", priority="low"), order())

    assert [result["status"] for result in results] == [409, 202]


def test_the_same_item_twice_in_one_batch_is_sent_once(api: APIClient) -> None:
    one, other = send_batch(api, order(idempotency_key="a"), order(idempotency_key="a"))

    assert one["notification"] == other["notification"]
    assert Notification.objects.count() == 1


def test_a_key_of_the_whole_batch_covers_each_item(api: APIClient) -> None:
    first = send_batch(api, order(), order(priority="low"), headers=KEY)
    second = send_batch(api, order(), order(priority="low"), headers=KEY)

    assert [r["notification"] for r in first] == [r["notification"] for r in second]
    assert Notification.objects.count() == 2


def test_a_refused_item_is_tried_anew_with_its_key(api: APIClient, shop: World) -> None:
    send_batch(api, order(), order(user_id="late"), headers=KEY)
    shop.person("late")

    results = send_batch(api, order(), order(user_id="late"), headers=KEY)

    assert [result.get("replayed", False) for result in results] == [True, False]
    assert Notification.objects.count() == 2


@pytest.fixture
def committed_shop(transactional_db: None) -> World:
    return make_shop()


def test_of_requests_at_the_same_instant_one_is_sent_and_all_hear_the_same(
    committed_shop: World,
) -> None:
    clients = [client_of(committed_shop.service) for _ in range(4)]
    for _ in range(3):  # the race is not the same each time
        Notification.objects.all().delete()
        Delivery.objects.all().delete()
        IdempotencyKey.objects.all().delete()

        def send(client: APIClient) -> Any:
            return lambda: client.post(PATH, order(), format="json", headers=KEY)

        answers: list[Any] = at_once(*map(send, clients))

        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.content for answer in answers}) == 1
        assert Notification.objects.count() == 1
        assert Delivery.objects.count() == 2


def test_batches_with_the_same_keys_in_another_order_do_not_block_each_other(
    committed_shop: World,
) -> None:
    client = client_of(committed_shop.service)
    items = [order(idempotency_key=f"k{n}") for n in range(50)]

    def send(which: list[dict[str, Any]]) -> Any:
        return lambda: send_batch(client, *which)

    results = at_once(send(items), send(items[::-1]))

    assert Notification.objects.count() == 50
    assert {result["status"] for batch in results for result in batch} == {202}


def test_a_wiped_code_is_not_found_by_trying_all_of_them(post: Post) -> None:
    post(headers=KEY)

    stored = bytes(IdempotencyKey.objects.get().request_hash)
    body = convert(order(), SendRequest)

    assert stored != sha256(msgspec.json.encode(body, order="deterministic")).digest()
    assert stored == idempotency.fingerprint(body)


def test_a_key_from_before_hashes_were_keyed_is_replayed(post: Post) -> None:
    first = post(headers=KEY)
    body = msgspec.json.encode(convert(order(), SendRequest), order="deterministic")
    IdempotencyKey.objects.update(request_hash=sha256(body).digest())

    second = post(headers=KEY)
    other = post(headers=KEY, priority="low")

    assert second.json() == first.json()
    assert other.status_code == 409
