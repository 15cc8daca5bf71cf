"""Accounts that are not well: tried with one message, in use again once it is accepted."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from channels.accounts import rate_limit as rates
from channels.accounts.breaker import fold_health
from channels.accounts.routes import routes
from channels.models import AccountHealthDelta, ProviderAccount
from notifications.dispatch.sweep import sweep
from notifications.models import Attempt, Delivery
from notifications.statuses import State
from notifyproj.core.clock import now
from notifyproj.core.models import Alert
from tests.flows.conftest import settle
from tests.flows.steps import conserved, go_on, recorded, send, settled
from tests.providers import Answer, StandIn, stand_in
from tests.world import World, apns_account

REFUSED = Answer(403, {"reason": "InvalidProviderToken"})
BROKEN = Answer(500, {"reason": "InternalServerError"})
GONE = Answer(410, {"reason": "Unregistered", "timestamp": 4_102_444_800_000})
BUSY = Answer(429, {"reason": "TooManyProviderTokenUpdates"}, {"retry-after": "50"})
A_SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def no_pause() -> Iterator[None]:
    rates.forget()
    yield
    rates.forget()


def crowd(world: World, n: int) -> list[str]:
    for i in range(n):
        world.person(f"p{i}", token=f"{i:x}" * 64)
    return [f"p{i}" for i in range(n)]


def account(world: World) -> ProviderAccount:
    return ProviderAccount.objects.get(pk=world.account.pk)


def set_account(world: World, **fields: object) -> None:
    ProviderAccount.objects.filter(pk=world.account.pk).update(**fields)
    routes.forget()


def held(world: World, provider: StandIn, n: int = 3) -> None:
    """`n` messages wait for an account whose key was refused; its probe is due."""
    provider.always = REFUSED
    send(world, user_ids=crowd(world, n))
    settle(lambda: Delivery.objects.filter(held_by__isnull=False).count() == n)
    provider.requests.clear()
    set_account(world, probe_at=now() - A_SECOND)


def test_one_message_shows_that_the_key_works_again_and_all_go(
    world: World, provider: StandIn
) -> None:
    held(world, provider)
    provider.always = Answer()

    sweep()
    settle(lambda: account(world).held_at is None)
    assert len(provider.requests) == 1

    sweep()
    go_on()
    settled()
    assert {row.state for row in Delivery.objects.all()} == {State.SENT}
    assert {row.attempts for row in Delivery.objects.all()} == {1}
    assert not Alert.objects.filter(resolved_at=None).exists()
    conserved()


def test_a_key_that_is_refused_again_costs_one_message_nothing(
    world: World, provider: StandIn
) -> None:
    held(world, provider)
    tries = Attempt.objects.count()

    sweep()
    settle(lambda: Attempt.objects.count() == tries + 1)
    settle(lambda: Delivery.objects.filter(held_by__isnull=False).count() == 3)
    routes.forget()
    sweep()

    assert len(provider.requests) == 1
    assert {row.attempts for row in Delivery.objects.all()} == {0}
    assert Alert.objects.get(key=f"account-held:{world.account.pk}").count == 1
    probe_at = account(world).probe_at
    assert probe_at is not None
    assert probe_at > now() + timedelta(seconds=20)


def test_a_refused_address_does_not_prove_the_key(world: World, provider: StandIn) -> None:
    held(world, provider)
    provider.always = GONE

    sweep()
    settle(lambda: Delivery.objects.filter(state=State.FAILED).count() == 1)

    assert account(world).held_at is not None


def test_what_an_operator_holds_is_left_alone(world: World, provider: StandIn) -> None:
    held(world, provider)
    set_account(world, held_by="grace")

    sweep()

    assert provider.requests == []
    assert Delivery.objects.filter(held_by__isnull=False).count() == 3


ILL = ("held", "broken", "lost probe")


def make_ill(world: World, how: str) -> None:
    """Its next probe is due."""
    due = now() - A_SECOND
    fields = {
        "held": {"held_at": due, "held_reason": "key", "probe_at": due},
        "broken": {"breaker": "open", "breaker_until": due, "breaker_trips": 1},
        "lost probe": {"breaker": "half_open", "breaker_until": due},
    }
    set_account(world, **fields[how])


@pytest.mark.parametrize("ill", ILL)
def test_an_account_is_tried_though_another_is_well(
    world: World, provider: StandIn, ill: str
) -> None:
    names = crowd(world, 3)
    with stand_in() as other:
        apns_account("second", world.app, other.url)
        make_ill(world, ill)

        send(world, user_ids=names)
        settled()
        fold_health()

        assert (len(provider.requests), len(other.requests)) == (1, 2)
    assert (account(world).held_at, account(world).breaker) == (None, "closed")


@pytest.mark.parametrize("ill", ILL)
def test_an_urgent_message_is_no_probe_while_another_is_well(
    world: World, provider: StandIn, ill: str
) -> None:
    with stand_in() as other:
        apns_account("second", world.app, other.url)
        make_ill(world, ill)

        send(world, user_ids=crowd(world, 1), priority="high")
        settled()

        assert (len(provider.requests), len(other.requests)) == (0, 1)


def test_it_is_one_when_nothing_else_came_for_a_minute(world: World, provider: StandIn) -> None:
    with stand_in() as other:
        apns_account("second", world.app, other.url)
        make_ill(world, "broken")
        set_account(world, breaker_until=now() - timedelta(seconds=61))

        send(world, user_ids=crowd(world, 1), priority="high")
        settled()

        assert (len(provider.requests), len(other.requests)) == (1, 0)


@pytest.mark.parametrize(
    ("ill", "answer"), [("held", REFUSED), ("held", BROKEN), ("broken", BROKEN)]
)
def test_a_probe_that_fails_goes_another_way_at_once(
    world: World, provider: StandIn, ill: str, answer: Answer
) -> None:
    provider.always = answer
    with stand_in() as other:
        apns_account("second", world.app, other.url)
        make_ill(world, ill)
        send(world, user_ids=crowd(world, 1))
        due = Delivery.objects.filter(state=State.WAITING)
        settle(lambda: due.filter(due_at__lte=now()).exists(), seconds=5)

        sweep()

        assert settled().state == State.SENT
        assert (len(provider.requests), len(other.requests)) == (1, 1)


def test_a_storm_of_429_slows_the_account_and_spends_no_attempt(
    world: World, provider: StandIn
) -> None:
    names = crowd(world, 12)
    provider.answers = [Answer()] * 4 + [BUSY] * 8
    send(world, user_ids=names)
    recorded(12)
    settle(lambda: Delivery.objects.filter(reason="throttled").count() == 8)
    AccountHealthDelta.objects.update(at=now())
    fold_health()
    routes.forget()

    assert account(world).rate_now == pytest.approx(3.8)
    waiting = Delivery.objects.filter(state=State.WAITING)
    assert {(row.attempts, row.reason) for row in waiting} == {(0, "throttled")}
    send(world, user_ids=names[:1])
    settle(Delivery.objects.filter(reason="rate_limited").exists)
    assert len(provider.requests) == 12
    conserved()


def test_what_was_seen_of_a_send_is_counted_for_its_account(
    world: World, provider: StandIn
) -> None:
    provider.answers = [Answer(), GONE, BROKEN, BUSY]
    send(world, user_ids=crowd(world, 4))
    recorded(4)
    settle(lambda: not Delivery.objects.filter(state=State.LEASED).exists())

    rows = AccountHealthDelta.objects.values_list("ok", "failed", "throttled", "dead")
    assert [sum(column) for column in zip(*rows, strict=True)] == [2, 1, 1, 1]


def test_only_what_may_be_billed_has_a_cost(world: World, provider: StandIn) -> None:
    set_account(world, costs={"": 0.0075})
    provider.answers = [BROKEN]
    send(world, user_ids=crowd(world, 1))
    recorded()
    go_on()
    settled()

    tries = Attempt.objects.order_by("number").values_list("units", "cost_micros")
    assert list(tries) == [(1, 0), (1, 7_500)]
    assert sum(AccountHealthDelta.objects.values_list("cost_micros", flat=True)) == 7_500
