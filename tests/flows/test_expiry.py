"""Too late is too late, wherever it waits; and maybe sent is not "expired"."""

from datetime import timedelta

import pytest

from channels.accounts.health import hold
from channels.models import ProviderAccount
from notifications.dispatch.sweep import sweep
from notifications.models import Delivery
from notifications.statuses import State
from notifyproj.core.clock import now
from tests.flows.conftest import Published, settle
from tests.flows.steps import conserved, now_due, only_delivery, run, send, settled
from tests.providers import StandIn
from tests.world import World, forget_all


@pytest.fixture
def ada(world: World) -> World:
    world.person("ada", token="a" * 64)
    return world


def test_what_waits_past_its_time_expires(
    ada: World, hints: list[Published], provider: StandIn
) -> None:
    send(ada, user_id="ada")
    now_due(expires_at=now())

    sweep()

    delivery = only_delivery()
    assert (delivery.state, delivery.reason) == (State.EXPIRED, "expired")
    run(hints)
    assert provider.requests == []
    conserved()


def test_a_hint_that_comes_too_late_sends_nothing(
    ada: World, hints: list[Published], provider: StandIn
) -> None:
    send(ada, user_id="ada")
    Delivery.objects.update(expires_at=now())

    run(hints)

    delivery = settled()
    assert (delivery.state, delivery.reason) == (State.EXPIRED, "expired")
    assert provider.requests == []
    conserved()


def test_what_a_crashed_worker_had_may_have_left_so_it_is_uncertain(
    ada: World, hints: list[Published]
) -> None:
    send(ada, user_id="ada")
    now_due(expires_at=now(), state=State.LEASED, lease_id=1)

    sweep()

    delivery = only_delivery()
    assert (delivery.state, delivery.reason) == (State.UNCERTAIN, "no_answer")
    conserved()


def test_a_receipt_that_never_comes_leaves_it_uncertain(ada: World, hints: list[Published]) -> None:
    send(ada, user_id="ada")
    now_due(state=State.AWAITING)

    sweep()

    delivery = only_delivery()
    assert (delivery.state, delivery.reason) == (State.UNCERTAIN, "no_answer")
    conserved()


def hold_it(world: World) -> None:
    """A delivery whose account is held, and whose time is over."""
    hold(world.account.pk, "refused")
    send(world, user_id="ada")
    settle(Delivery.objects.filter(held_by=f"account:{world.account.pk}").exists)
    Delivery.objects.update(expires_at=now())


def test_what_is_held_expires_while_it_is_held(ada: World) -> None:
    hold_it(ada)

    sweep()

    delivery = only_delivery()
    assert (delivery.state, delivery.reason) == (State.EXPIRED, "expired")
    assert delivery.held_by is None
    conserved()


def test_what_an_account_held_that_is_gone_expires_too(ada: World) -> None:
    hold_it(ada)
    ProviderAccount.objects.all().delete()

    sweep()

    assert only_delivery().state == State.EXPIRED
    conserved()


def test_a_provider_that_is_down_is_waited_for_until_the_expiry_at_most(ada: World) -> None:
    later = now() + timedelta(hours=1)
    ProviderAccount.objects.update(breaker="open", breaker_until=later)
    forget_all()

    send(ada, user_id="ada", ttl_seconds=3)

    settle(Delivery.objects.filter(reason="provider_down", state=State.WAITING).exists)
    assert only_delivery().due_at == only_delivery().expires_at
