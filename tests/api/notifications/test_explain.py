"""What a send would do, asked over HTTP: true, complete, and without a trace."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from channels.accounts.credentials import account_upsert
from channels.models import ProviderAccount
from notifications.accept.accept import accept
from notifications.accept.requests import SendRequest
from notifications.models import Delivery, Notification
from notifyproj.core.api.bodies import convert
from notifyproj.core.clock import now
from notifyproj.core.servers.redis_client import quick_redis
from preferences.facts.types import caps
from preferences.models import (
    Cap,
    NotificationType,
    Preference,
    QuietHours,
    Recipient,
    Suppression,
)
from templates.versions.services import template_create, version_draft, version_publish
from tests.api.notifications.conftest import ORDER, client_of, order
from tests.world import World, apns_account, contact_point, forget_all

EXPLAIN = "/api/v1/notifications/explain"


@pytest.fixture
def explain(shop: World) -> Iterator[Any]:
    quick_redis().flushdb()
    caps.forget()
    api = client_of(shop.service, "send")

    def ask(**changes: Any) -> Any:
        answer = api.post(EXPLAIN, order(**changes), format="json")
        assert answer.status_code == 200, answer.json()
        return answer.json()

    yield ask
    caps.forget()


def by_channel(told: Any) -> dict[str, Any]:
    return {way["channel"]: way for way in told["deliveries"]}


def text_account() -> None:
    account_upsert(
        slug="texts",
        channel="sms",
        kind="twilio",
        endpoint="http://127.0.0.1:9",
        credentials={"account_sid": "AC" + "0" * 32, "auth_token": "t" * 32},
        settings={"from": "+15005550006"},
    )
    ProviderAccount.objects.filter(slug="texts").update(costs={"US": "0.0079"})


def type_with(parts: dict[str, Any], **fields: Any) -> NotificationType:
    template = template_create(slug="note", name="Note")
    version_publish(version=version_draft(template=template, parts=parts))
    type_ = NotificationType.objects.create(
        slug="note", name="Note", channels=list(parts), template="note", **fields
    )
    forget_all()
    return type_


def ask_note(explain: Any, **changes: Any) -> Any:
    return explain(type="note", template_id=None, **{"variables": {}, **changes})


def test_it_says_what_a_send_would_do_and_does_nothing(explain: Any, published: list[Any]) -> None:
    told = explain()

    push = by_channel(told)["push"]
    assert (push["decision"], push["to"], push["problem"]) == ("send", "…aaaa", "")
    assert push["routing"]["account"] == "apns"
    assert push["routing"]["why"] == "the only account available now"
    assert [step["rule"] for step in push["rules"]][:3] == ["erased", "address", "suppression"]
    assert told["messages"][push["message"]]["title"] == "Order ORD-98765 confirmed"
    assert by_channel(told)["inbox"]["decision"] == "send"
    assert not Notification.objects.exists()
    assert not Delivery.objects.exists()
    assert published == []


def test_the_rule_that_decided_comes_last_with_its_reason(explain: Any) -> None:
    person = Recipient.objects.get()
    Preference.objects.create(recipient=person, channel="push", enabled=False)

    push = by_channel(explain())["push"]

    assert push["decision"] == "skip"
    assert push["reason_text"] == "The person unsubscribed from this channel"
    assert push["rules"][-1] == {
        "rule": "unsubscribed",
        "input": "yes",
        "decision": "skip",
        "reason": "unsubscribed_channel",
    }
    assert push["at"] is None
    assert push["routing"] is None


def test_quiet_hours_say_when_it_would_go(explain: Any) -> None:
    instant = now()
    start, end = (instant - timedelta(hours=1)).time(), (instant + timedelta(hours=2)).time()
    QuietHours.objects.create(recipient=Recipient.objects.get(), start=start, end=end)

    push = by_channel(explain())["push"]

    assert (push["decision"], push["reason"]) == ("defer", "quiet_hours")
    assert push["at"].startswith((instant + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"))


def test_a_scheduled_send_is_asked_about_for_its_own_time(explain: Any) -> None:
    person = Recipient.objects.get()
    QuietHours.objects.create(recipient=person, start=time(1), end=time(5))
    night = (now() + timedelta(days=2)).replace(hour=2, minute=0, second=0, microsecond=0)

    told = explain(scheduled_at=night.isoformat())

    assert by_channel(told)["push"]["at"] == night.replace(hour=5).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_suppressed_and_unknown_are_told_apart(explain: Any, shop: World) -> None:
    point = Recipient.objects.get().contact_points.get()
    Suppression.objects.create(channel="push", address_hash=point.address_hash, reason="bounce")

    told = explain(user_id=None, user_ids=["user-123", "user-9"])

    reasons = {(way["user_id"], way["channel"]): way["reason"] for way in told["deliveries"]}
    assert reasons["user-123", "push"] == "suppressed"
    assert reasons["user-9", "push"] == "recipient_unknown"


def test_every_account_is_named_with_its_state(explain: Any, shop: World) -> None:
    apns_account("spare", shop.app, "http://127.0.0.1:9", weight=0)
    ProviderAccount.objects.filter(slug="apns").update(held_at=now())
    forget_all()

    routing = by_channel(explain())["push"]["routing"]

    states = {item["account"]: (item["state"], item["share"]) for item in routing["accounts"]}
    assert states == {"apns": ("held", 0.0), "spare": ("spare", 1.0)}
    assert routing["account"] == "spare"


def test_a_broken_account_is_named_and_its_probe_left_alone(explain: Any) -> None:
    due = now() - timedelta(minutes=5)
    ProviderAccount.objects.update(breaker="open", breaker_until=due)
    forget_all()

    push = by_channel(explain())["push"]

    assert push["routing"]["account"] == ""
    assert push["routing"]["why"] == "Waiting: the provider is down"
    assert ProviderAccount.objects.get().breaker == "open"


def test_a_fallback_waits_for_its_deadline(explain: Any, shop: World) -> None:
    step = {"from": "push", "to": "inbox", "unless": "delivered", "after": 90}
    NotificationType.objects.filter(slug="order_confirmed").update(
        channels=["push"], fallbacks=[step]
    )
    forget_all()

    told = explain()

    inbox = by_channel(told)["inbox"]
    assert inbox["fallback"] == {"source": "push", "unless": "delivered", "after_seconds": 90.0}
    assert (inbox["decision"], inbox["reason"]) == ("defer", "fallback")
    assert inbox["at"] > told["asked_at"]


def test_caps_are_read_and_nothing_is_taken_of_them(explain: Any, shop: World) -> None:
    Cap.objects.create(most=1, per="hour")
    caps.forget()

    first, second = (by_channel(explain())["push"]["decision"] for _ in range(2))
    accept(shop.service.pk, [convert(order(), SendRequest)], now())
    third = by_channel(explain())["push"]

    assert (first, second) == ("send", "send")
    assert (third["decision"], third["reason"]) == ("skip", "over_cap")
    assert third["rules"][-1]["input"] == "1 an hour is used up"


def test_what_is_collected_says_when_its_digest_goes_at_the_latest(
    explain: Any, shop: World
) -> None:
    NotificationType.objects.filter(slug="order_confirmed").update(digest={"seconds": 600})
    forget_all()

    push = by_channel(explain())["push"]

    assert (push["decision"], push["reason"]) == ("digest", "in_digest")
    assert (push["basis"], push["ground"]) == ("default", "default")
    assert timedelta(minutes=9) < datetime.fromisoformat(push["at"]) - now()


def test_the_parts_of_an_sms_are_counted_and_priced(explain: Any, shop: World) -> None:
    type_with({"sms": {"default": {"body": "{{ text }}"}}})
    text_account()
    contact_point(shop.people[0], "sms", "+14155550123")
    shop.people[0].contact_points.filter(channel="sms").update(area="US")
    forget_all()

    way = ask_note(explain, variables={"text": "a" * 161})["deliveries"][0]

    assert (way["problem"], way["units"], way["cost"]) == ("", 2, 0.0158)


def test_variables_of_a_sensitive_type_are_not_echoed(explain: Any, shop: World) -> None:
    type_with({"inbox": {"default": {"title": "Code {{ code }}"}}}, sensitive=True)

    told = ask_note(explain, variables={"code": 271828})

    assert told["messages"] == {"inbox default": {"title": "Code •••"}}


def test_links_of_the_person_are_placeholders(explain: Any, shop: World) -> None:
    type_with({"inbox": {"default": {"title": "Hi", "body": "{{ unsubscribe_url }}"}}})

    body = ask_note(explain)["messages"]["inbox default"]["body"]

    assert "/u/xxxx" in body
    assert set(body.rpartition("/")[2]) == {"x"}


def test_what_cannot_be_written_is_a_problem_of_its_own(explain: Any, shop: World) -> None:
    type_with({"inbox": {"default": {"title": "{{ names|join(', ') }}"}}})

    told = ask_note(explain, variables={"names": 7})

    assert told["deliveries"][0]["problem"].startswith("title: ")
    assert told["messages"] == {}


def test_more_people_cost_no_more_queries(explain: Any, shop: World) -> None:
    names = ["user-123"]
    explain(user_id=None, user_ids=names)
    with CaptureQueriesContext(connection) as one:
        explain(user_id=None, user_ids=names)
    for n in range(20):
        shop.person(f"more-{n}", token=f"{n:064d}")
        names.append(f"more-{n}")
    with CaptureQueriesContext(connection) as many:
        told = explain(user_id=None, user_ids=names)

    assert len(told["deliveries"]) == 42
    assert len(many) == len(one)


def test_more_than_a_hundred_people_are_refused(api: APIClient) -> None:
    people = [f"p{n}" for n in range(101)]

    answer = api.post(EXPLAIN, order(user_id=None, user_ids=people), format="json")

    assert answer.status_code == 400
    assert "user_ids" in answer.json()["error"]["fields"]


def test_a_key_without_the_scope_is_refused(shop: World) -> None:
    assert client_of(shop.service, "read").post(EXPLAIN, ORDER, format="json").status_code == 403
