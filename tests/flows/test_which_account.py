"""Which account: by country, by type, by what is left of its day."""

from collections import Counter
from datetime import UTC, timedelta

import pytest

from channels.accounts.credentials import account_upsert
from channels.accounts.routes import routes
from channels.base import Channel
from channels.models import AccountDay, ProviderAccount
from notifications.dispatch.sweep import sweep
from notifications.models import Attempt, Delivery
from notifications.statuses import State
from notifyproj.core.clock import now
from preferences.facts.types import catalogue
from preferences.models import NotificationType
from preferences.recipients import services
from tests.flows.conftest import settle
from tests.flows.steps import conserved, go_on, only_delivery, recorded, send, settled
from tests.providers import Answer, StandIn, stand_in
from tests.world import World, apns_account

QUEUED = Answer(201, {"sid": "SM1", "status": "queued"})


@pytest.fixture
def ada(world: World) -> World:
    world.person("ada", token="a" * 64)
    return world


def text_account(slug: str, provider: StandIn, *serves: str) -> ProviderAccount:
    provider.always = QUEUED
    account = account_upsert(
        slug=slug,
        channel="sms",
        kind="twilio",
        endpoint=provider.url,
        credentials={"account_sid": "AC1", "auth_token": "secret"},
        settings={"from": "+15005550006"},
    )
    set_account(account, serves=list(serves))
    return account


def set_account(account: ProviderAccount, **fields: object) -> None:
    ProviderAccount.objects.filter(pk=account.pk).update(**fields)
    routes.forget()


def set_type(**fields: object) -> None:
    NotificationType.objects.update(**fields)
    catalogue.forget()


def number(world: World, name: str, address: str) -> str:
    world.person(name)
    services.contact_point_register(external_id=name, channel=Channel.SMS, address=address)
    return name


def spent_today(account: ProviderAccount, **counts: int) -> None:
    AccountDay.objects.create(account=account, day=now().astimezone(UTC).date(), **counts)
    routes.forget()


def waiting_for(reason: str) -> Delivery:
    settle(Delivery.objects.filter(state=State.WAITING, reason=reason).exists)
    return only_delivery()


def test_a_number_goes_through_the_account_of_its_country(world: World, provider: StandIn) -> None:
    names = [
        number(world, "anna", "+43 664 1234567"),
        number(world, "bob", "+44 20 7946 0958"),
        number(world, "satellite", "+883 5100 0123 4567"),
    ]
    with stand_in() as austrian:
        local = text_account("austria", austrian, "at")
        world_wide = text_account("world", provider)

        send(world, user_ids=names, channels=["sms"])

        settled()
    by_account = Counter(Attempt.objects.values_list("account_id", flat=True))
    assert by_account == {local.pk: 1, world_wide.pk: 2}
    assert b"%2B436641234567" in austrian.requests[0]["body"]


def test_a_country_nobody_serves_fails_and_says_so(world: World, provider: StandIn) -> None:
    text_account("austria", provider, "AT")

    send(world, user_id=number(world, "bob", "+44 20 7946 0958"), channels=["sms"])

    assert settled().reason == "no_account"


def test_messages_of_a_held_country_wait_while_others_go(world: World, provider: StandIn) -> None:
    """Not with the held ones of the app: those are let go as soon as any account is in use."""
    set_account(text_account("austria", provider, "AT"), held_at=now())
    text_account("britain", provider, "GB")

    send(world, user_id=number(world, "anna", "+43 664 1234567"), channels=["sms"])

    waiting = waiting_for("account_held")
    assert waiting.held_by is None
    assert waiting.due_at is not None
    assert waiting.due_at > now() + timedelta(seconds=20)


def test_a_type_fixed_to_an_account_waits_for_it(ada: World, provider: StandIn) -> None:
    set_account(ada.account, breaker="open", breaker_until=now() + timedelta(hours=1))
    with stand_in() as other:
        apns_account("second", ada.app, other.url)
        set_type(routing="fixed", fixed_account=ada.account)

        send(ada, user_id="ada")
        waiting_for("provider_down")
        set_account(ada.account, breaker="closed", breaker_until=None)
        go_on()

        assert settled().state == State.SENT
        assert other.requests == []


def test_what_is_held_for_a_fixed_account_stays_while_another_works(
    ada: World, provider: StandIn
) -> None:
    set_account(ada.account, held_at=now(), held_by="maria")
    apns_account("second", ada.app, provider.url)
    set_type(routing="fixed", fixed_account=ada.account)
    send(ada, user_id="ada")
    before = waiting_for("account_held").dispatch_no

    sweep()

    assert only_delivery().dispatch_no == before
    assert provider.requests == []


def test_a_spent_day_makes_messages_wait_for_the_next(ada: World, provider: StandIn) -> None:
    set_account(ada.account, daily_cap=100)
    spent_today(ada.account, ok=60, failed=40)

    send(ada, user_id="ada")

    waiting = waiting_for("daily_cap")
    assert waiting.attempts == 0
    midnight = now().astimezone(UTC).replace(hour=0, minute=0, second=0) + timedelta(days=1)
    assert waiting.due_at is not None
    assert now() < waiting.due_at < midnight + timedelta(minutes=1)
    conserved()


def test_a_spent_day_is_another_accounts_turn(ada: World, provider: StandIn) -> None:
    set_account(ada.account, daily_cap=100)
    spent_today(ada.account, ok=100)
    with stand_in() as other:
        apns_account("second", ada.app, other.url, weight=0)

        send(ada, user_id="ada")

        assert settled().state == State.SENT
        assert len(other.requests) == 1


def test_a_new_day_starts_with_its_whole_cap(ada: World, provider: StandIn) -> None:
    set_account(ada.account, daily_cap=100)
    yesterday = now().astimezone(UTC).date() - timedelta(days=1)
    AccountDay.objects.create(account=ada.account, day=yesterday, ok=100)
    routes.forget()

    send(ada, user_id="ada")

    assert settled().state == State.SENT


def test_one_batch_does_not_pass_the_cap(world: World, provider: StandIn) -> None:
    set_account(world.account, daily_cap=10)
    spent_today(world.account, ok=7)
    names = [f"p{i}" for i in range(5)]
    for i, name in enumerate(names):
        world.person(name, token=f"{i:x}" * 64)

    send(world, user_ids=names)

    recorded(3)
    settle(lambda: Delivery.objects.filter(reason="daily_cap", attempts=0).count() == 2)
    assert len(provider.requests) == 3


def test_what_is_over_the_rate_goes_through_an_account_with_room(
    world: World, provider: StandIn
) -> None:
    set_account(world.account, rate_per_second=1)
    names = [f"p{i}" for i in range(5)]
    for i, name in enumerate(names):
        world.person(name, token=f"{i:x}" * 64)
    with stand_in() as other:
        second = apns_account("second", world.app, other.url, weight=1)
        set_account(second, success_share=0.9)

        send(world, user_ids=names)

        settled()
        assert (len(provider.requests), len(other.requests)) == (1, 4)
    conserved()


def test_what_was_granted_a_moment_ago_counts_before_it_is_in_the_books(
    ada: World, provider: StandIn
) -> None:
    set_account(ada.account, daily_cap=1)
    send(ada, user_id="ada")
    settled()

    send(ada, user_id="ada")

    settle(Delivery.objects.filter(reason="daily_cap").exists)
    assert len(provider.requests) == 1


def test_a_held_account_is_no_probe_of_an_operators_pause(ada: World, provider: StandIn) -> None:
    set_account(ada.account, held_at=now(), held_by="maria", probe_at=now())

    send(ada, user_id="ada")

    settle(Delivery.objects.exclude(held_by=None).exists)
    assert provider.requests == []


def test_a_held_account_gets_one_message_when_its_probe_is_due(
    world: World, provider: StandIn
) -> None:
    set_account(world.account, held_at=now(), probe_at=now())
    for i in range(3):
        world.person(f"p{i}", token=f"{i:x}" * 64)

    send(world, user_ids=["p0", "p1", "p2"])

    recorded()
    settle(lambda: Delivery.objects.exclude(held_by=None).count() == 2)
    assert len(provider.requests) == 1
