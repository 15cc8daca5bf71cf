"""One push service refuses an account that another takes; and what waits, once it is corrected."""

from datetime import timedelta
from typing import Any

import pytest

from channels.accounts.breaker import fold_health
from channels.accounts.credentials import account_upsert
from channels.accounts.health import corrected, hold
from channels.accounts.rate_limit import Tally, record_health
from channels.accounts.routes import CLOSED, OPEN, routes
from channels.models import App, ProviderAccount
from notifications.dispatch.sweep import sweep
from notifications.models import Attempt, Delivery
from notifications.statuses import State
from notifyproj.core.clock import now
from notifyproj.core.models import Alert
from preferences.recipients.web_push import (
    Browser,
    Subscription,
    SubscriptionKeys,
    web_push_register,
)
from templates.models import MessageTemplate
from templates.versions.services import version_draft, version_publish
from tests.channels.samples import UA_AUTH, UA_PUBLIC, p8
from tests.flows.conftest import settle
from tests.flows.steps import conserved, recorded, send
from tests.providers import Answer, StandIn
from tests.world import PARTS, World, apns_account, contact_point, forget_all

TEXTS = {"web_push": {"default": {"title": "Order", "link": "https://x.example/o"}}}
SOON = 8.0  # seconds: far from the minute of a refusal, and from the half a one of a probe
REFUSED_KEY = Answer(403, {"reason": "InvalidProviderToken"})


class Services:
    """Two push services under one address: `/apple/` refuses until it is content."""

    def __init__(self, provider: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
        self.content = False
        self.requests: list[str] = []
        monkeypatch.setattr(provider, "take", self.take)

    def take(self, request: dict[str, Any]) -> Answer:
        self.requests.append(request["path"])
        if request["path"].startswith("/apple/") and not self.content:
            return Answer(403, {"reason": "BadJwtToken"})
        return Answer(201)


@pytest.fixture
def services(world: World, provider: StandIn, monkeypatch: pytest.MonkeyPatch) -> Services:
    template = MessageTemplate.objects.get(slug="order")
    version_publish(version=version_draft(template=template, parts={**PARTS, **TEXTS}))
    App.objects.create(slug="web", name="web", channel="web_push", platform="web")
    contact(provider, "mailto:push@shop.example")
    for person, path in (("ada", "apple"), ("bob", "mozilla")):
        world.person(person)
        keys = SubscriptionKeys(UA_PUBLIC, UA_AUTH)
        subscription = Subscription(f"{provider.url}/{path}/{person}", keys)
        browser = Browser(subscription=subscription, app="web")
        web_push_register(external_id=person, browser=browser)
    return Services(provider, monkeypatch)


KEY = p8()


def contact(provider: StandIn, subject: str) -> ProviderAccount:
    account = account_upsert(
        slug="web-vapid",
        channel="web_push",
        kind="vapid",
        app=App.objects.get(slug="web"),
        endpoint=provider.url,
        credentials={"private_key": KEY},
        settings={"subject": subject},
    )
    forget_all()
    return account


def send_both(world: World) -> None:
    send(world, user_ids=["ada", "bob"], channels=["web_push"])
    recorded(attempts=2)
    settle(lambda: not Delivery.objects.filter(state=State.LEASED).exists())


def sent_soon() -> bool:
    sweep()
    return not Delivery.objects.exclude(state=State.SENT).exists()


def due_at_once() -> bool:
    return not Delivery.objects.filter(state=State.WAITING, due_at__gt=now()).exists()


def test_what_one_service_refuses_holds_nothing_of_another(
    world: World, services: Services
) -> None:
    send_both(world)
    assert Delivery.objects.get(state=State.SENT).account_id
    refused = Delivery.objects.get(state=State.WAITING)
    assert (refused.reason, refused.held_by) == ("retry", None)
    assert ProviderAccount.objects.get(slug="web-vapid").held_at is None
    assert Alert.objects.filter(key__startswith="account-refused:", resolved_at=None).exists()

    send(world, user_ids=["bob"], channels=["web_push"])
    settle(lambda: Delivery.objects.filter(state=State.SENT).count() == 2)
    conserved()


def test_what_a_service_refused_goes_out_with_the_sweep_after_the_correction(
    world: World, provider: StandIn, services: Services
) -> None:
    send_both(world)
    sweep()
    assert not due_at_once()
    services.content = True

    contact(provider, "mailto:team@shop.example")

    sweep()
    settle(lambda: not Delivery.objects.exclude(state=State.SENT).exists(), seconds=SOON)
    assert not Alert.objects.filter(resolved_at=None).exists()
    conserved()


def test_saving_an_account_as_it_was_hurries_nothing(
    world: World, provider: StandIn, services: Services
) -> None:
    send_both(world)
    contact(provider, "mailto:push@shop.example")
    sweep()
    assert not due_at_once()


def test_a_wrong_correction_ends_soon_and_leaves_attempts(
    world: World, provider: StandIn, services: Services
) -> None:
    send_both(world)
    account = contact(provider, "mailto:team@shop.example")
    sweep()
    recorded(attempts=3)
    before = now() - timedelta(seconds=5)
    ProviderAccount.objects.filter(pk=account.pk).update(resumed_at=before)
    settle(lambda: not Delivery.objects.filter(state=State.LEASED).exists())

    sweep()

    settle(lambda: not Delivery.objects.filter(state=State.LEASED).exists())
    assert not ProviderAccount.objects.filter(retry_now=True).exists()
    tries = Attempt.objects.count()
    sweep()
    assert Attempt.objects.count() == tries
    assert Delivery.objects.filter(state=State.WAITING).count() == 1


def test_a_correction_leaves_alone_what_waits_for_another_account(
    world: World, provider: StandIn
) -> None:
    provider.always = Answer(500, {"reason": "InternalServerError"})
    world.person("eve", token="e" * 64)
    send(world, user_id="eve")
    settle(lambda: Delivery.objects.filter(state=State.WAITING, reason="retry").exists())

    corrected(apns_account("second", world.app, provider.url).pk)

    sweep()
    assert not due_at_once()


def test_a_replaced_key_of_apns_sends_what_was_held_at_once(
    world: World, provider: StandIn
) -> None:
    provider.always = REFUSED_KEY
    world.person("ada", token="a" * 64)
    send(world, user_id="ada")
    settle(lambda: Delivery.objects.filter(held_by__isnull=False).exists())
    provider.always = Answer()

    account_upsert(
        slug="apns",
        channel="push",
        kind="apns",
        app=world.app,
        endpoint=provider.url,
        credentials={"key": p8(), "key_id": "NEWKEYIDXX", "team_id": "KLMNOPQRST"},
        settings={"topic": "com.example.shop", "environment": "sandbox"},
    )

    settle(sent_soon, seconds=SOON)
    conserved()


def test_a_rotated_token_of_twilio_sends_what_was_held_at_once(
    world: World, provider: StandIn
) -> None:
    def twilio(token: str) -> None:
        account_upsert(
            slug="text",
            channel="sms",
            kind="twilio",
            endpoint=provider.url,
            credentials={"account_sid": "AC1", "auth_token": token},
            settings={"from": "+15005550006"},
        )
        routes.forget()

    twilio("old")
    provider.always = Answer(401, {"code": 20003, "message": "Authenticate"})
    contact_point(world.person("ada"), "sms", "+15558675310")
    forget_all()
    send(world, user_id="ada", channels=["sms"])
    settle(lambda: Delivery.objects.filter(held_by__isnull=False).exists())
    provider.always = Answer(201, {"sid": "SM1", "status": "queued"})

    twilio("new")

    settle(sent_soon, seconds=SOON)
    conserved()


def test_rows_that_look_again_by_themselves_are_due_at_once(world: World) -> None:
    """The app has another account, which may not take them: they do not wait under a holder."""
    account = apns_account("second", world.app, "http://127.0.0.1:9")
    ProviderAccount.objects.filter(pk=account.pk).update(serves=["DE"])
    hold(world.account.pk, "Refused")
    world.person("ada", token="a" * 64)
    routes.forget()
    send(world, user_id="ada")
    settle(lambda: Delivery.objects.filter(reason="account_held").exists())
    Delivery.objects.update(held_by=None, due_at=now() + timedelta(seconds=45))

    corrected(world.account.pk)

    settle(sent_soon, seconds=SOON)


def test_a_corrected_account_is_not_held_by_an_attempt_of_before(world: World) -> None:
    began = now()
    corrected(world.account.pk)
    assert not hold(world.account.pk, "The old key was refused", began=began)
    assert hold(world.account.pk, "The new key, too", began=now() + timedelta(seconds=10))


def test_failures_of_before_do_not_open_the_breaker_of_a_corrected_account(world: World) -> None:
    account = ProviderAccount.objects.filter(pk=world.account.pk)
    account.update(breaker=OPEN, breaker_until=now() + timedelta(minutes=5), breaker_trips=5)
    record_health({world.account.pk: Tally(failed=50)})

    corrected(world.account.pk)
    fold_health()

    assert account.get().breaker == CLOSED


def test_a_correction_leaves_what_an_operator_paused(world: World) -> None:
    hold(world.account.pk, "A day off", by="maria")
    assert not corrected(world.account.pk)
    account = ProviderAccount.objects.get(pk=world.account.pk)
    assert (account.held_by, account.retry_now) == ("maria", False)
