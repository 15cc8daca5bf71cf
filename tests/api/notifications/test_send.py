from datetime import datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from notifications.models import Delivery, Notification
from notifications.queues import RESOLVE_URGENT
from notifications.statuses import NotificationState, State
from notifyproj.core.clock import now
from notifyproj.core.ids import instant_of
from preferences.models import NotificationType
from preferences.recipients.services import recipient_erase
from tests.api.notifications.conftest import ORDER, PATH, Post
from tests.world import World, forget_all


def test_the_articles_request_works_word_for_word(api: APIClient) -> None:
    body = (
        '{"type": "order_confirmed", "user_id": "user-123", "template_id": "order-confirmation-v2",'
        ' "variables": {"order_id": "ORD-98765", "total": "$142.50",'
        ' "estimated_delivery": "June 27"}, "priority": "high", "scheduled_at": null}'
    )

    answer = api.post(PATH, body, content_type="application/json")

    assert answer.status_code == 202
    told = answer.json()
    assert told["status"] == "accepted"
    assert told["type"] == "order_confirmed"
    assert told["template"] == "order-confirmation-v2"
    assert told["priority"] == "high"
    assert told["recipients"] == 1
    assert told["warnings"] == []
    assert Notification.objects.get().pk.hex == told["id"].replace("-", "")


def test_it_is_on_its_way_when_it_is_answered(post: Post, published: list[Any]) -> None:
    post()

    deliveries = {row.channel: row for row in Delivery.objects.all()}
    assert set(deliveries) == {"push", "inbox"}
    assert {row.state for row in deliveries.values()} == {State.WAITING}
    assert {(queue, args[0][0]) for queue, args in published} == {
        (f"{channel}.urgent", str(row.pk)) for channel, row in deliveries.items()
    }


def test_an_unknown_person_alone_is_422(post: Post) -> None:
    answer = post(user_id="nobody")

    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "unknown_recipient"
    assert "nobody" in error["fields"]["user_id"]


def test_an_unknown_person_among_others_is_a_skipped_delivery(post: Post) -> None:
    answer = post(user_id=None, user_ids=["user-123", "nobody"], channels=["push"])

    assert answer.status_code == 202
    assert answer.json()["recipients"] == 2
    skipped = Delivery.objects.get(state=State.SKIPPED)
    assert (skipped.unknown_recipient, skipped.reason) == ("nobody", "recipient_unknown")
    assert Delivery.objects.count() == 2


def test_a_person_named_twice_is_told_once(post: Post) -> None:
    post(user_id=None, user_ids=["user-123", "user-123"], channels=["push"])

    assert Delivery.objects.count() == 1


def test_a_thousand_people_may_be_named(post: Post, published: list[Any]) -> None:
    answer = post(user_id=None, user_ids=[f"user-{n}" for n in range(1_000)])

    assert answer.status_code == 202
    assert [queue for queue, _ in published] == [RESOLVE_URGENT]
    assert len(Notification.objects.get().unknown_recipients) == 999


def test_a_request_may_choose_its_channels(post: Post) -> None:
    post(channels=["inbox"])

    assert Delivery.objects.get().channel == "inbox"


def test_a_channel_named_twice_is_used_once(post: Post) -> None:
    post(channels=["inbox", "inbox"])

    assert Delivery.objects.count() == 1


def test_a_type_may_have_a_template_of_its_own(post: Post) -> None:
    assert post(template_id=None).json()["template"] == "order-confirmation-v2"


def test_a_named_version_stays_that_version(post: Post) -> None:
    answer = post(template_id="order-confirmation-v1")
    assert answer.json()["template"] == "order-confirmation-v1"


def test_a_priority_above_the_types_is_lowered_and_told_so(post: Post) -> None:
    NotificationType.objects.update(max_priority="normal")
    forget_all()

    answer = post().json()

    assert answer["priority"] == "normal"
    assert [warning["code"] for warning in answer["warnings"]] == ["priority_lowered"]
    assert "high" in answer["warnings"][0]["message"]
    assert {row.lane for row in Delivery.objects.all()} == {1}


def test_a_lower_priority_than_the_types_is_kept(post: Post) -> None:
    answer = post(priority="low").json()

    assert (answer["priority"], answer["warnings"]) == ("low", [])


def test_a_schedule_is_kept_and_not_resolved_yet(post: Post, published: list[Any]) -> None:
    at = now().replace(microsecond=0) + timedelta(days=365)

    answer = post(scheduled_at=at.isoformat()).json()

    assert answer["status"] == "scheduled"
    assert datetime.fromisoformat(answer["scheduled_at"]) == at
    row = Notification.objects.get()
    assert (row.state, row.scheduled_at, row.due_at) == (NotificationState.SCHEDULED, at, at)
    assert (Delivery.objects.count(), published) == (0, [])


def test_a_schedule_may_be_in_any_zone(post: Post) -> None:
    at = (now() + timedelta(hours=1)).replace(microsecond=0)
    there = at.astimezone(datetime.fromisoformat("2026-01-01T00:00+05:30").tzinfo)

    post(scheduled_at=there.isoformat())

    assert Notification.objects.get().scheduled_at == at


def test_how_long_it_is_worth_sending_may_be_said_in_seconds(post: Post) -> None:
    post(ttl_seconds=90, channels=["inbox"])

    delivery = Delivery.objects.get()
    assert (delivery.expires_at - instant_of(delivery.pk)).total_seconds() == pytest.approx(
        90, 0.01
    )


def test_how_long_it_is_worth_sending_may_be_an_instant(post: Post) -> None:
    at = now().replace(microsecond=0) + timedelta(hours=5)

    answer = post(expires_at=at.isoformat()).json()

    assert datetime.fromisoformat(answer["expires_at"]) == at


def test_the_time_to_live_of_a_scheduled_message_begins_with_its_schedule(post: Post) -> None:
    at = now().replace(microsecond=0) + timedelta(days=100)

    answer = post(scheduled_at=at.isoformat(), ttl_seconds=60).json()

    assert datetime.fromisoformat(answer["expires_at"]) == at + timedelta(seconds=60)


def test_a_collapse_key_and_metadata_are_kept(post: Post, api: APIClient) -> None:
    metadata = {"campaign": {"id": 7, "tags": ["a", "b"]}, "note": "für Ada 🎉"}

    id_ = post(collapse_key="order-98765", metadata=metadata).json()["id"]

    assert Notification.objects.get().collapse_key == "order-98765"
    assert api.get(f"{PATH}/{id_}").json()["metadata"] == metadata


def test_variables_may_be_any_json(post: Post) -> None:
    variables = {**ORDER["variables"], "items": [{"n": 1.5, "ok": True, "none": None}], "ü": "€"}

    assert post(variables=variables).status_code == 202


def test_variables_are_not_stored_in_clear(post: Post) -> None:
    post()

    assert b"98765" not in bytes(Notification.objects.get().variables)


def test_an_audience_of_the_erased_only_is_skipped_with_the_reason(shop: World, post: Post) -> None:
    shop.person("gone")
    recipient_erase(external_id="gone")

    post(user_id="gone", channels=["inbox"])

    assert Delivery.objects.get().reason == "recipient_erased"


def test_nothing_new_is_kept_of_the_erased(shop: World, post: Post) -> None:
    shop.person("gone")
    recipient_erase(external_id="gone")

    post(user_id="gone")

    assert bytes(Notification.objects.get().variables) == b""
