"""A webhook from the request to the receiver and back."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from channels.transport.loop import transport
from channels.webhook import standard
from notifications.dispatch.claim import LEASE_SECONDS, claim
from notifications.models import Attempt, Delivery
from notifications.record import dead_addresses
from notifications.statuses import ProviderOutcome, State
from notifyproj.core.clock import now
from preferences.models import ContactPoint
from preferences.recipients.webhooks import webhook_register
from templates.models import MessageTemplate
from templates.versions.published import forget_names
from templates.versions.services import version_draft, version_publish
from tests.flows.conftest import Published, settle
from tests.flows.steps import conserved, go_on, only_delivery, recorded, send, settled
from tests.providers import Answer, StandIn, stand_in
from tests.world import PARTS, World

TEXTS = {"default": {"event": "order.shipped", "json": '{"order_id": {{ order_id }}}'}}
Hook = Callable[..., str]


@pytest.fixture
def hook(world: World) -> Hook:
    """`hook("ada", url)`: a person with a webhook there; answers its secret."""
    template = MessageTemplate.objects.get(slug="order")
    version_publish(version=version_draft(template=template, parts={**PARTS, "webhook": TEXTS}))
    forget_names()

    def make(name: str, url: str) -> str:
        world.person(name)
        return webhook_register(external_id=name, url=url).secret

    return make


def send_to(world: World, *names: str) -> None:
    send(world, user_ids=list(names), channels=["webhook"])


def test_a_webhook_arrives_signed_and_is_delivered(
    world: World, hook: Hook, provider: StandIn
) -> None:
    secret = hook("ada", f"{provider.url}/hook")
    provider.always = Answer(200, {"received": "with thanks"})
    send_to(world, "ada")
    row = settled()
    assert (row.state, row.outcome) == (State.SENT, ProviderOutcome.DELIVERED)
    [request] = provider.requests
    Webhook(secret).verify(request["body"], request["headers"])
    assert request["headers"]["webhook-id"] == str(row.id)
    assert json.loads(request["body"])["data"] == {"order_id": "A-1"}
    conserved()


def test_what_the_receiver_said_is_kept_also_when_it_took_it(
    world: World, hook: Hook, provider: StandIn
) -> None:
    hook("ada", f"{provider.url}/hook")
    provider.always = Answer(200, {"received": "x" * 1_000})
    send_to(world, "ada")
    recorded()
    [attempt] = Attempt.objects.all()
    assert attempt.response_excerpt.startswith('{"received": "xxx')
    assert len(attempt.response_excerpt) == 300


def test_another_try_has_the_same_id_and_bytes_and_comes_by_its_own_schedule(
    world: World, hook: Hook, provider: StandIn
) -> None:
    hook("ada", f"{provider.url}/hook")
    provider.answers = [Answer(500), Answer(401)]
    send_to(world, "ada")
    first = recorded()
    assert first.due_at is not None
    assert 4 <= (first.due_at - now()).total_seconds() <= 6
    go_on()
    second = recorded(2)
    assert second.due_at is not None
    assert 290 <= (second.due_at - now()).total_seconds() <= 360
    go_on()
    assert settled().state == State.SENT
    assert len({request["body"] for request in provider.requests}) == 1
    assert len({request["headers"]["webhook-id"] for request in provider.requests}) == 1


def test_an_endpoint_that_hangs_is_tried_again_whatever_the_types_policy(
    world: World, hook: Hook, provider: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standard, "TIMEOUT", 0.3)
    world.type.__class__.objects.update(on_uncertain="wait")
    hook("ada", f"{provider.url}/hook")
    provider.answers = [Answer(hang=2.0)]
    send_to(world, "ada")
    assert (recorded().state, only_delivery().reason) == (State.WAITING, "retry")


def test_an_endpoint_that_is_gone_is_given_up(world: World, hook: Hook, provider: StandIn) -> None:
    hook("ada", f"{provider.url}/hook")
    provider.always = Answer(410)
    send_to(world, "ada")
    assert settled().state == State.FAILED
    dead_addresses.fold(now() + timedelta(minutes=1))
    assert not ContactPoint.objects.get().active


def test_the_lease_of_a_webhook_outlasts_its_timeout(
    world: World, hook: Hook, provider: StandIn, hints: list[Published]
) -> None:
    hook("ada", f"{provider.url}/hook")
    send_to(world, "ada")
    assert len(claim(*hints[0].args)) == 1
    due_at = only_delivery().due_at
    assert due_at is not None
    assert (due_at - now()).total_seconds() > LEASE_SECONDS + 5


def test_a_slow_endpoint_does_not_delay_anothers(
    world: World, hook: Hook, provider: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standard, "TIMEOUT", 0.5)
    places = transport()._gauge.places
    provider.always = Answer(hang=3.0)
    names = [f"slow-{n}" for n in range(places + 10)]
    for name in names:
        hook(name, f"{provider.url}/{name}")
    with stand_in() as quick:
        hook("quick", f"{quick.url}/hook")
        send_to(world, *names, "quick")
        settle(lambda: Delivery.objects.filter(state=State.SENT).count() == 1, 3.0)
    untried = Delivery.objects.filter(state=State.WAITING, attempts=0, due_at__gt=now())
    assert untried.count() >= 10
    conserved()


def test_a_url_that_leads_inwards_is_never_called(
    world: World, hook: Hook, provider: StandIn, settings: Any
) -> None:
    hook("ada", f"{provider.url}/hook")
    settings.ALLOW_PRIVATE_URLS = False
    send_to(world, "ada")
    row = settled()
    assert (row.state, row.reason) == (State.FAILED, "url_refused")
    assert provider.requests == []
