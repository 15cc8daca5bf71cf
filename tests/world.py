"""A small world to send in: a service, a type, a template, an app with an account, people."""

import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from channels.accounts.credentials import account_upsert
from channels.accounts.routes import routes
from channels.models import App, ProviderAccount
from notifications.accept.requests import SendRequest
from notifications.status_events.outbox import subscriptions
from notifyproj.core.api.bodies import convert
from notifyproj.core.clock import now
from notifyproj.core.encryption import LOOKUP_VERSION
from notifyproj.core.models import Service
from preferences.addresses.addresses import hash_of, mask, new_data_key, open_data_key, seal
from preferences.facts.types import caps, catalogue
from preferences.models import ContactPoint, NotificationType, Recipient
from templates.versions.published import forget_names
from templates.versions.services import template_create, version_draft, version_publish

PARTS = {
    "push": {"default": {"title": "Order {{ order_id }}", "body": "It is on its way."}},
    "inbox": {"default": {"title": "Order {{ order_id }}", "body": "It is on its way."}},
    "sms": {"default": {"body": "Order {{ order_id }} is on its way."}},
}


def signing_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


KEY = signing_key()


@dataclass
class World:
    service: Service
    type: NotificationType
    app: App
    account: ProviderAccount
    people: list[Recipient] = field(default_factory=list)

    def person(self, name: str, *, token: str = "", **fields: Any) -> Recipient:
        person = Recipient.objects.create(external_id=name, data_key=new_data_key(name), **fields)
        self.people.append(person)
        if token:
            self.device(person, token)
        return person

    def device(self, person: Recipient, token: str) -> ContactPoint:
        return contact_point(person, "push", token, app=self.app)

    def request(self, **fields: Any) -> SendRequest:
        base = {"type": "order", "template_id": "order", "variables": {"order_id": "A-1"}}
        return convert({**base, "channels": ["push"], **fields}, SendRequest)


def contact_point(
    person: Recipient, channel: str, address: str, app: App | None = None
) -> ContactPoint:
    hash_ = hash_of(channel, address)
    key = open_data_key(bytes(person.data_key or b""), person.external_id)
    return ContactPoint.objects.create(
        recipient=person,
        channel=channel,
        app=app,
        address=seal(key, person.pk, hash_, address),
        address_hash=hash_,
        hint=mask(channel, address),
        hash_version=LOOKUP_VERSION,
        registered_at=now(),
        last_seen_at=now(),
    )


def make_world(endpoint: str) -> World:
    forget_all()
    service = Service.objects.create(slug="shop", name="Shop")
    type_ = NotificationType.objects.create(
        slug="order",
        name="Order news",
        channels=["push"],
        max_priority="high",
        on_uncertain="resend",
    )
    template = template_create(slug="order", name="Order")
    version_publish(version=version_draft(template=template, parts=json.loads(json.dumps(PARTS))))
    app = App.objects.create(slug="shop-ios", name="Shop", channel="push", platform="ios")
    account = apns_account("apns", app, endpoint)
    forget_all()
    return World(service, type_, app, account)


def apns_account(slug: str, app: App, endpoint: str, **fields: Any) -> ProviderAccount:
    account = account_upsert(
        slug=slug,
        channel="push",
        kind="apns",
        app=app,
        endpoint=endpoint,
        credentials={"key": KEY, "key_id": "ABCDEFGHIJ", "team_id": "KLMNOPQRST"},
        settings={"topic": "com.example.shop", "environment": "sandbox"},
        **fields,
    )
    routes.forget()
    return account


def forget_all() -> None:
    """What a process remembers for a second or two, after a test changed it."""
    catalogue.forget()
    caps.forget()
    routes.forget()
    forget_names()
    subscriptions.forget()
