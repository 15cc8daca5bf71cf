"""Sent, and no answer: a receipt is waited for only where one may come."""

from typing import Any

import pytest
from django.conf import settings

from channels.accounts.credentials import account_upsert
from channels.accounts.receipts import may_be_confirmed
from channels.protocols import WithReceipts
from channels.registry import adapter
from notifications.models import Delivery
from notifications.statuses import State
from tests.flows.steps import conserved, go_on, recorded, send, settled
from tests.providers import Answer, StandIn
from tests.world import World, contact_point, forget_all

SENDER = {"from": "+15005550006"}
CALLBACK = {"callback_url": f"{settings.PUBLIC_URL}/hooks/text/twilio"}
TWILIO = {"account_sid": "AC1", "auth_token": "secret"}
AWS = {"access_key_id": "AKIA", "secret_access_key": "s"}


@pytest.fixture
def waits(world: World, provider: StandIn) -> World:
    """Its type says wait, as types may that were made before; nobody answers."""
    world.type.on_uncertain = "wait"
    world.type.save()
    provider.always = Answer(dropped=True)
    forget_all()
    return world


def texts(world: World, provider: StandIn, kind: str, settings: Any, credentials: Any) -> Delivery:
    account_upsert(
        slug="text",
        channel="sms",
        kind=kind,
        endpoint=provider.url,
        credentials=credentials,
        settings=settings,
    )
    contact_point(world.person("ada"), "sms", "+15558675310")
    forget_all()
    send(world, user_id="ada", channels=["sms"], priority="high")
    return recorded()


def test_a_push_is_sent_once_more_though_its_type_would_wait(
    waits: World, provider: StandIn
) -> None:
    waits.person("ada", token="a" * 64)
    send(waits, user_id="ada", priority="high")
    first = recorded()
    assert (first.state, first.reason) == (State.WAITING, "resend")

    go_on()

    assert settled().state == State.UNCERTAIN
    assert len(provider.requests) == 2
    conserved()


def test_a_text_waits_where_the_account_is_told_what_became_of_it(
    waits: World, provider: StandIn
) -> None:
    waiting = texts(waits, provider, "twilio", SENDER | CALLBACK, TWILIO)

    assert waiting.state == State.AWAITING
    assert len(provider.requests) == 1


def test_a_text_does_not_wait_where_no_callback_is_set_up(waits: World, provider: StandIn) -> None:
    again = texts(waits, provider, "twilio", SENDER, TWILIO)

    assert (again.state, again.reason) == (State.WAITING, "resend")


def test_amazon_sns_never_tells_so_its_texts_do_not_wait(waits: World, provider: StandIn) -> None:
    again = texts(waits, provider, "sns", {"region": "eu-west-1"}, AWS)

    assert (again.state, again.reason) == (State.WAITING, "resend")


@pytest.mark.parametrize(
    "kind", ["apns", "fcm", "inbox", "slack", "smtp", "sns", "sns_push", "vapid", "webhook"]
)
def test_who_never_tells_of_an_arrival_is_not_waited_for(kind: str) -> None:
    assert not isinstance(adapter(kind), WithReceipts)


@pytest.mark.parametrize(
    ("kind", "settings", "credentials"),
    [
        ("sendgrid", {"verification_key": "k"}, {"api_key": "k"}),
        ("mailgun", {"domain": "shop.example"}, {"webhook_signing_key": "k"}),
        ("ses", {"configuration_set": "c", "topic_arn": "arn:aws:sns:eu-west-1:1:t"}, AWS),
    ],
)
def test_mail_may_be_confirmed_once_its_events_are_set_up(
    world: World, kind: str, settings: Any, credentials: Any
) -> None:
    empty: dict[str, Any] = {}
    for given in (empty, settings):
        account_upsert(
            slug="mail", channel="email", kind=kind, credentials=credentials, settings=given
        )
        forget_all()
        assert may_be_confirmed({"push", "email"}) == (given == settings or kind == "mailgun")


def test_where_only_smtp_sends_mail_nothing_is_confirmed(world: World) -> None:
    account_upsert(slug="mail", channel="email", kind="smtp", settings={"host": "mail.example"})
    forget_all()

    assert not may_be_confirmed({"email"})


@pytest.mark.parametrize("channel", ["push", "web_push", "webhook", "slack", "inbox"])
def test_some_channels_are_never_confirmed(world: World, channel: str) -> None:
    assert not may_be_confirmed({channel})
