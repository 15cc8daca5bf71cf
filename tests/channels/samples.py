"""Accounts and messages of every kind, and the recorded answers of their providers."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from channels.base import Account, Channel, Envelope, InboundRequest, Lane
from channels.messages import (
    EmailMessage,
    InboxMessage,
    Message,
    PushMessage,
    SlackMessage,
    SmsMessage,
    WebhookMessage,
    WebPushMessage,
)
from channels.registry import adapter

FIXTURES = Path(__file__).parent.parent / "fixtures"
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
UA_PUBLIC = (
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
)
UA_PRIVATE = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
UA_AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
ENDPOINT_ARN = "arn:aws:sns:eu-central-1:123456789012:endpoint/APNS/shop/5f2c-11"
DELIVERY = UUID("019ab3f0-0000-7000-8000-0123456789ab")


def recorded(path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((FIXTURES / path).read_text())
    return rows


@cache
def p8() -> str:
    return pem(ec.generate_private_key(ec.SECP256R1()))


@cache
def service_account() -> str:
    key = rsa.generate_private_key(65537, 2048)
    info = {"type": "service_account", "project_id": "demo", "private_key_id": "1"}
    info |= {"private_key": pem(key), "client_email": "sender@demo.iam.gserviceaccount.com"}
    return json.dumps(info | {"token_uri": "https://oauth2.googleapis.com/token"})


KEYS: dict[str, Callable[[], str]] = {"@p256": p8, "@service_account": service_account}


def account(kind: str, **changes: Any) -> Account:
    """As `fixtures/<kind>/account.json` has it; a value with an @ stands for a key made here."""
    found = _sample(kind)
    keys = {n: KEYS[v]() if v in KEYS else v for n, v in found["credentials"].items()}
    base = Account(
        id=7,
        slug=f"{kind}-1",
        kind=kind,
        channel=adapter(kind).CHANNEL,
        app_id=1,
        endpoint="",
        credentials=keys,
        settings=found["settings"],
    )
    return replace(base, **changes)


def _sample(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FIXTURES / kind / "account.json").read_text())
    return found


def envelope(address: str = "", **changes: Any) -> Envelope:
    until = NOW + timedelta(hours=1)
    return replace(
        Envelope(
            delivery_id=str(DELIVERY),
            attempt=2,
            address=address,
            expires_at=until,
            lane=Lane.NORMAL,
        ),
        **changes,
    )


def push(address: str = "ab12" * 16, **changes: Any) -> PushMessage:
    return replace(PushMessage(envelope(address), "Order shipped", "It is on its way"), **changes)


def email(**changes: Any) -> EmailMessage:
    base = EmailMessage(envelope("ada@example.org"), "Your order", "Thank you", "<p>Thank you</p>")
    return replace(base, **changes)


def sms(**changes: Any) -> SmsMessage:
    return replace(SmsMessage(envelope("+15558675310"), "Your code is 123456"), **changes)


def browser(endpoint: str = "https://fcm.googleapis.com/fcm/send/abc") -> str:
    """A subscription; its keys are those of RFC 8291's example, whose private key is UA_PRIVATE."""
    return json.dumps({"endpoint": endpoint, "p256dh": UA_PUBLIC, "auth": UA_AUTH})


def web_push(**changes: Any) -> WebPushMessage:
    to = envelope(browser())
    base = WebPushMessage(to, "Order shipped", "It is on its way", link="/orders/1")
    return replace(base, **changes)


def webhook(url: str = "https://hooks.example.com/orders", *secrets: str) -> WebhookMessage:
    keys = [{"key": key, "until": None} for key in secrets or (WEBHOOK_SECRET,)]
    address = json.dumps({"url": url, "secrets": keys})
    return WebhookMessage(envelope(address), "order.shipped", NOW, {"order_id": "A-1"})


MESSAGES: dict[Channel, Callable[[], Message]] = {
    Channel.PUSH: push,
    Channel.WEB_PUSH: web_push,
    Channel.EMAIL: email,
    Channel.SMS: sms,
    Channel.INBOX: lambda: InboxMessage(
        envelope("42"), "Order shipped", "It is on its way", "/orders/1"
    ),
    Channel.WEBHOOK: webhook,
    Channel.SLACK: lambda: SlackMessage(
        envelope("https://hooks.slack.com/services/T0/B0/x"), "Shipped"
    ),
}


def message(kind: str) -> Message:
    """Of its channel; to the `address` of its fixture, where that is of a kind of its own."""
    found = MESSAGES[adapter(kind).CHANNEL]()
    address = _sample(kind).get("address", found.envelope.address)
    return replace(found, envelope=replace(found.envelope, address=address))


def callback(body: bytes, url: str = "https://notify.example/cb", **headers: str) -> InboundRequest:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return InboundRequest("POST", url, names, body)


def pem(key: Any) -> str:
    data: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return data.decode()
