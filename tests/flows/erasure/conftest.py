"""Somebody who was told things on every channel, by providers that quote what they refuse."""

import json
from typing import Any

import pytest
from django.db import connection

from channels.accounts.credentials import account_upsert
from channels.models import App
from notifications.accept.accept import accept
from notifications.callbacks.receive import store
from notifications.erasure import run
from notifications.models import (
    Delivery,
    InboundCallback,
    Notification,
)
from notifications.statuses import State
from notifications.variables import unseal
from notifyproj.core import encryption
from notifyproj.core.clock import now
from notifyproj.core.servers.redis_client import quick_redis
from preferences.models import Erasure, NotificationType, Recipient
from templates.models import MessageTemplate
from templates.versions.services import version_draft, version_publish
from tests.channels.samples import account as sample
from tests.channels.samples import browser
from tests.flows.conftest import settle
from tests.providers import Answer, StandIn
from tests.world import World, contact_point, forget_all

ID, EMAIL, PHONE = "maria-kunde-77", "maria@kunde.example", "+4917012345678"
NAME, CODE, TOKEN = "Mariella", "480417", "c0ffee" * 10 + "beef"
WORDS = (ID, EMAIL, PHONE, PHONE[1:], NAME, CODE, TOKEN, "hook-of-maria", "browser-of-maria")
ALL = ["push", "web_push", "email", "sms", "inbox", "webhook", "slack"]
PARTS = {
    "push": {"default": {"title": "Hello {{ name }}", "body": "Code {{ code }}"}},
    "web_push": {"default": {"title": "Hello {{ name }}", "body": "Code {{ code }}"}},
    "inbox": {"default": {"title": "Hello {{ name }}", "body": "Code {{ code }}"}},
    "sms": {"default": {"body": "Code {{ code }}"}},
    "email": {"default": {"subject": "Hello {{ name }}", "text": "Code {{ code }}"}},
    "slack": {"default": {"text": "Code {{ code }}"}},
    "webhook": {"default": {"event": "order.shipped", "data": {"code": "{{ code }}"}}},
}


@pytest.fixture
def shop(world: World, provider: StandIn) -> World:
    """Accounts of every channel, whose providers quote what they refuse."""
    said = f"no {EMAIL} {PHONE} {NAME} {CODE}"
    provider.always = Answer(400, {"message": said, "reason": said, "errors": [{"message": said}]})
    app = App.objects.create(slug="web", name="Web", channel="web_push", platform="web")
    for kind, slug, owner in (
        ("twilio", "sms", None),
        ("sendgrid", "mail", None),
        ("vapid", "web", app),
    ):
        like = sample(kind)
        account_upsert(
            slug=slug,
            channel=like.channel,
            kind=kind,
            app=owner,
            endpoint=provider.url,
            credentials=like.credentials,
            settings=like.settings,
        )
    template = MessageTemplate.objects.get(slug="order")
    version_publish(version=version_draft(template=template, parts=json.loads(json.dumps(PARTS))))
    NotificationType.objects.update(channels=ALL)
    forget_all()
    return world


@pytest.fixture
def maria(shop: World, provider: StandIn) -> Recipient:
    person = shop.person(ID, token=TOKEN, attributes={"name": NAME}, locale="de")
    contact_point(person, "email", EMAIL)
    contact_point(person, "sms", PHONE)
    hook = {"url": f"{provider.url}/hook-of-maria", "secrets": [{"key": "whsec_" + "a" * 32}]}
    contact_point(person, "webhook", json.dumps(hook))
    contact_point(person, "slack", f"{provider.url}/services/hook-of-maria")
    web = App.objects.get(slug="web")
    contact_point(person, "web_push", browser(f"{provider.url}/browser-of-maria"), app=web)
    return person


def tell(shop: World, **fields: Any) -> str:
    words = {"name": NAME, "code": CODE}
    metadata = {"customer": ID, "name": NAME, "code": CODE}
    given = {"user_id": ID, "variables": words, "metadata": metadata, "channels": ALL, **fields}
    [answer] = accept(shop.service.pk, [shop.request(**given)], now())
    assert answer.body is not None, answer.error
    return answer.body.id


def written() -> None:
    """Until no try is under way."""
    settle(lambda: not Delivery.objects.filter(state=State.LEASED).exists())


def tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = current_schema()::regnamespace ORDER BY relname"
        )
        return [row[0] for row in cursor.fetchall()]


def everything() -> dict[str, str]:
    """Every table as text, with what the ring still opens, and Redis."""
    found = {}
    for table in tables():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            found[table] = "\n".join(row[0] for row in cursor.fetchall())
    found["notification"] += "".join(opened(row) for row in Notification.objects.all())
    for callback in InboundCallback.objects.all():
        found["inbound_callback"] += str(encryption.ring().unwrap(bytes(callback.body), store.AAD))
    redis = quick_redis()
    found["redis"] = "".join(str(key) + str(redis.dump(key)) for key in redis.keys("*"))
    return found


def opened(row: Notification) -> str:
    try:
        return json.dumps(unseal(str(row.pk), bytes(row.variables), None))
    except encryption.Undecryptable:
        return ""


def mentions() -> list[tuple[str, str]]:
    """(table, word), where a word stands as text or as bytes."""
    forms = [(word, form) for word in WORDS for form in (word, word.encode().hex())]
    return [(t, word) for t, text in everything().items() for word, form in forms if form in text]


def time_passes() -> None:
    """Until the last turn of every erasure is over."""
    for _ in run.TURNS:
        Erasure.objects.filter(due_at__isnull=False).update(due_at=now())
        run.erase_due()
    assert not Erasure.objects.filter(finished_at=None).exists()


def parked(body: str) -> InboundCallback:
    store.insert(
        [
            store.Inbound(
                account_id=1,
                received_at=now(),
                url="/hooks/twilio/sms",
                headers={},
                body=body.encode(),
            )
        ]
    )
    row = InboundCallback.objects.latest("pk")
    store.park([row.pk])
    return row
