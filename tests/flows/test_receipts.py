"""From a send to its receipt, through the URL that was sent along."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from twilio.request_validator import RequestValidator

from channels.accounts.credentials import account_upsert
from notifications.callbacks.fold.process import fold_due
from notifications.callbacks.receive.accounts import callers
from notifications.models import Attempt
from notifications.statuses import ProviderOutcome, State
from tests.flows.conftest import settle
from tests.flows.steps import conserved, only_delivery, send, settled
from tests.providers import Answer, StandIn
from tests.world import World, contact_point, forget_all

SENT = Answer(201, {"sid": "SM1", "status": "queued"})


@pytest.fixture
def texting(world: World, provider: StandIn) -> World:
    """Ada has a number; receipts come to the public URL."""
    account_upsert(
        slug="twilio",
        channel="sms",
        kind="twilio",
        endpoint=provider.url,
        credentials={"account_sid": "AC1", "auth_token": "secret"},
        settings={
            "from": "+15005550006",
            "callback_url": f"{settings.PUBLIC_URL}/hooks/twilio/twilio",
        },
    )
    contact_point(world.person("ada"), "sms", "+15558675310")
    forget_all()
    callers.forget()
    return world


def told(provider: StandIn, status: str, request: int = 0) -> None:
    """Twilio calls the URL that the request named."""
    sent = parse_qs(provider.requests[request]["body"].decode())
    url = sent["StatusCallback"][0]
    form = {"MessageSid": "SM1", "MessageStatus": status, "To": sent["To"][0]}
    signature = RequestValidator("secret").compute_signature(url, form)
    parts = urlsplit(url)
    response = Client().post(
        f"{parts.path}?{parts.query}",
        urlencode(form),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature},
    )
    assert response.status_code == 204
    fold_due()


def test_a_message_that_was_sent_becomes_delivered(texting: World, provider: StandIn) -> None:
    provider.answers = [SENT]
    send(texting, user_id="ada", channels=["sms"])
    assert settled().outcome == ProviderOutcome.SENT

    told(provider, "delivered")

    assert only_delivery().outcome == ProviderOutcome.DELIVERED
    conserved()


def test_a_receipt_before_the_answer_settles_and_the_answer_changes_nothing(
    texting: World, provider: StandIn
) -> None:
    """Twilio may be faster with its receipt than with its answer."""
    provider.answers = [Answer(201, {"sid": "SM1"}, hang=9.0)]
    send(texting, user_id="ada", channels=["sms"])
    settle(lambda: len(provider.requests) == 1)

    told(provider, "delivered")
    assert (only_delivery().state, Attempt.objects.count()) == (State.SENT, 0)

    provider._stop.set()  # now it answers
    settle(lambda: Attempt.objects.count() == 1)
    delivery = only_delivery()
    assert (delivery.state, delivery.outcome) == (State.SENT, ProviderOutcome.DELIVERED)
    assert delivery.attempts == 1
    conserved()
