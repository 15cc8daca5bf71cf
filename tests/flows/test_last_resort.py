"""Both pools of a push platform are down: OneSignal stands in, where people have a name."""

import json
from collections.abc import Iterator
from uuid import UUID

import pytest

from channels.accounts.credentials import account_upsert
from channels.models import App
from notifications.dispatch.sweep import sweep
from notifications.models import Delivery
from notifications.statuses import State
from notifyproj.core.clock import now
from preferences.models import ContactPoint
from preferences.recipients.services import recipient_erase
from tests.flows.conftest import settle
from tests.flows.steps import conserved, make_due, recorded, send, settled
from tests.providers import Answer, StandIn, stand_in
from tests.world import World, apns_account, contact_point, forget_all

STEP = {"from": "push", "to": "push", "app": "onesignal", "unless": "accepted", "after": 10}
DOWN = Answer(503, {"reason": "ServiceUnavailable"})
APP_ID = "8250eaf6-1a58-489e-b136-7c74a864b434"


@pytest.fixture
def onesignal() -> Iterator[StandIn]:
    with stand_in() as made:
        made.always = Answer(200, {"id": "b15ba6e5-2223-49d6-9eda-684b9051f5a8"})
        yield made


@pytest.fixture
def ada(world: World, onesignal: StandIn) -> World:
    """With an iPhone whose app has two accounts, and known at OneSignal as ada@shop."""
    apns_account("apns-2", world.app, world.account.endpoint)
    app = App.objects.create(slug="onesignal", name="OneSignal", channel="push")
    account_upsert(
        slug="onesignal-1",
        channel="push",
        kind="onesignal",
        app=app,
        endpoint=onesignal.url,
        credentials={"api_key": "k"},
        settings={"onesignal_app_id": APP_ID},
    )
    world.type.fallbacks = [STEP]
    world.type.save()
    ada = world.person("ada", token="a" * 64)
    contact_point(ada, "push", "ada@shop", app=app)
    forget_all()
    return world


def at(app: str) -> Delivery:
    return Delivery.objects.get(app_id=App.objects.get(slug=app).pk)


def test_when_both_pools_are_down_onesignal_delivers(
    ada: World, provider: StandIn, onesignal: StandIn
) -> None:
    provider.always = DOWN
    send(ada, user_id="ada")
    recorded()
    assert (at("onesignal").state, at("onesignal").reason) == (State.WAITING, "fallback")
    assert at("onesignal").fallback_of == at("shop-ios").pk

    Delivery.objects.filter(pk=at("onesignal").pk).update(due_at=now())
    sweep()

    settle(lambda: at("onesignal").state == State.SENT)
    [request] = onesignal.requests
    body = json.loads(request["body"])
    assert body["include_aliases"] == {"external_id": ["ada@shop"]}
    assert UUID(body["idempotency_key"]) == at("onesignal").pk
    assert at("shop-ios").state == State.WAITING


def test_what_a_pool_takes_needs_no_last_resort(ada: World, onesignal: StandIn) -> None:
    send(ada, user_id="ada")
    settle(lambda: at("shop-ios").state == State.SENT)

    make_due()
    sweep()

    settled()
    assert (at("onesignal").state, at("onesignal").reason) == (
        State.SKIPPED,
        "fallback_not_needed",
    )
    assert onesignal.requests == []
    conserved()


def test_a_dead_device_does_not_wait_for_the_deadline(ada: World, provider: StandIn) -> None:
    provider.always = Answer(410, {"reason": "Unregistered", "timestamp": 4_102_444_800_000})
    send(ada, user_id="ada")
    settle(lambda: at("shop-ios").state == State.FAILED)

    sweep()

    settle(lambda: at("onesignal").state == State.SENT)
    conserved()


def test_who_is_not_at_onesignal_has_no_delivery_there(ada: World) -> None:
    ada.person("bob", token="b" * 64)

    send(ada, user_id="bob")

    assert Delivery.objects.count() == 1


def test_a_type_without_the_step_leaves_the_app_alone(ada: World) -> None:
    ada.type.fallbacks = []
    ada.type.save()
    other = type(ada.type).objects.create(
        slug="other", name="Other", channels=["push"], fallbacks=[STEP]
    )
    forget_all()

    send(ada, user_id="ada")

    assert other.pk
    assert [row.app_id for row in Delivery.objects.all()] == [ada.app.pk]


def test_an_erasure_takes_the_name_at_onesignal_along(ada: World) -> None:
    recipient_erase(external_id="ada")

    assert not ContactPoint.objects.filter(app__slug="onesignal").exists()
