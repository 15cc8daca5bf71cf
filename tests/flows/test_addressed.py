"""Web push and Slack through the whole pipeline, each to its own provider."""

import json
from typing import Any

import pytest

from channels.accounts.credentials import account_upsert
from channels.models import App
from channels.sandbox.providers.web_push.browser import decoded, decrypt, private_key
from notifications.history import notifications as selectors
from notifications.statuses import ProviderOutcome, State
from preferences.recipients.web_push import (
    Browser,
    Subscription,
    SubscriptionKeys,
    web_push_register,
)
from preferences.recipients.webhooks import slack_register
from templates.models import MessageTemplate
from templates.versions.services import version_draft, version_publish
from tests.channels.peers import answering, http, serving
from tests.channels.samples import UA_AUTH, UA_PRIVATE, UA_PUBLIC, p8
from tests.flows.steps import conserved, send, settled
from tests.providers import Answer, StandIn
from tests.world import PARTS, World, forget_all

TEXTS = {
    "web_push": {"default": {"title": "Order {{ order_id }}", "link": "https://x.example/o"}},
    "slack": {"default": {"text": "Order {{ order_id }} is on its way."}},
}


@pytest.fixture
def ada(world: World) -> World:
    template = MessageTemplate.objects.get(slug="order")
    version_publish(version=version_draft(template=template, parts={**PARTS, **TEXTS}))
    world.person("ada")
    forget_all()
    return world


def subscribe(endpoint: str, app: str) -> None:
    keys = SubscriptionKeys(UA_PUBLIC, UA_AUTH)
    browser = Browser(subscription=Subscription(f"{endpoint}/push/1", keys), app=app)
    web_push_register(external_id="ada", browser=browser)


def vapid(endpoint: str, app: str) -> None:
    account_upsert(
        slug=f"{app}-vapid",
        channel="web_push",
        kind="vapid",
        app=App.objects.create(slug=app, name=app, channel="web_push", platform="web"),
        endpoint=endpoint,
        credentials={"private_key": p8()},
        settings={"subject": "mailto:push@example.com"},
    )
    forget_all()


def test_a_web_push_is_sent_and_its_browser_reads_it(ada: World, provider: StandIn) -> None:
    vapid(provider.url, "shop-web")
    subscribe(provider.url, "shop-web")
    provider.always = Answer(201, headers={"Location": "https://push.example/message/7"})
    send(ada, user_id="ada", channels=["web_push"], collapse_key="order")
    row = settled()
    assert (row.state, row.outcome) == (State.SENT, ProviderOutcome.SENT)
    [request] = provider.requests
    text = decrypt(request["body"], private_key(decoded(UA_PRIVATE)), decoded(UA_AUTH))
    shown: dict[str, Any] = json.loads(text)
    assert (shown["title"], shown["id"]) == ("Order A-1", str(row.id))
    conserved()


def test_a_slack_channel_gets_its_message_without_an_account(ada: World) -> None:
    with serving(answering(http(200, b"ok"))) as port:
        slack_register(external_id="ada", url=f"http://127.0.0.1:{port}/services/T0/B0/x")
        send(ada, user_id="ada", channels=["slack"])
        row = settled()
    assert (row.state, row.outcome) == (State.SENT, ProviderOutcome.DELIVERED)
    shown = selectors.notification_get(row.notification_id, ada.service.pk)
    assert shown
    [delivery] = shown.deliveries
    assert (delivery.to, delivery.attempts[0].account) == ("127.0.0.1/…", "slack")
    conserved()
