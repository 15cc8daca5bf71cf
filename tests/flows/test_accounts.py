"""Through which account: rate, breaker, failover."""

from datetime import timedelta
from itertools import pairwise

import pytest

from channels.accounts.breaker import fold_health
from channels.accounts.health import resume
from channels.accounts.rate_limit import Tally, record_health
from channels.accounts.routes import routes
from channels.models import App, ProviderAccount
from notifications.dispatch.sweep import sweep
from notifications.models import Attempt, Delivery
from notifications.statuses import State
from notifyproj.core.clock import now
from tests.flows.conftest import settle
from tests.flows.steps import conserved, go_on, only_delivery, recorded, send, settled
from tests.providers import Answer, StandIn, stand_in
from tests.world import World, apns_account

BROKEN = Answer(500, {"reason": "InternalServerError"})


@pytest.fixture
def ada(world: World) -> World:
    world.person("ada", token="a" * 64)
    return world


def account() -> ProviderAccount:
    return ProviderAccount.objects.order_by("id")[0]


def set_account(**fields: object) -> None:
    ProviderAccount.objects.filter(pk=account().pk).update(**fields)
    routes.forget()


def crowd(world: World, n: int) -> list[str]:
    for i in range(n):
        world.person(f"p{i}", token=f"{i:x}" * 64)
    return [f"p{i}" for i in range(n)]


def test_what_is_over_the_rate_comes_back_in_turn_and_costs_no_attempt(
    world: World, provider: StandIn
) -> None:
    names = crowd(world, 4)
    set_account(rate_per_second=1)

    send(world, user_ids=names)

    waiting = Delivery.objects.filter(state=State.WAITING, reason="rate_limited")
    settle(lambda: Attempt.objects.count() == 1 and waiting.count() == 3)
    assert {row.attempts for row in waiting} == {0}
    times = sorted(row.due_at for row in waiting if row.due_at)
    assert [round((b - a).total_seconds()) for a, b in pairwise(times)] == [1, 1]
    conserved()


@pytest.mark.parametrize("priority", ["high", "normal", "low"])
def test_an_account_of_one_message_a_second_serves_every_lane(ada: World, priority: str) -> None:
    set_account(rate_per_second=1)

    send(ada, user_id="ada", priority=priority)

    assert settled().state == State.SENT


def test_a_share_of_the_rate_is_kept_for_urgent_messages(world: World, provider: StandIn) -> None:
    names = crowd(world, 12)
    set_account(rate_per_second=10)
    send(world, user_ids=names)
    settle(lambda: Attempt.objects.count() == 10)

    send(world, user_ids=names[:2], priority="high")

    settle(lambda: Attempt.objects.count() == 12)
    urgent = Delivery.objects.filter(lane=0)
    assert {row.state for row in urgent} == {State.SENT}


@pytest.mark.parametrize(
    ("ok", "failed", "breaker"),
    [(0, 10, "open"), (4, 6, "open"), (5, 5, "closed"), (0, 9, "closed"), (100, 10, "closed")],
)
def test_the_breaker_judges_by_the_share_of_at_least_ten_sends(
    world: World, ok: int, failed: int, breaker: str
) -> None:
    record_health({world.account.pk: Tally(ok, failed, 0)})

    fold_health()

    assert account().breaker == breaker


def test_failing_sends_open_the_breaker_and_later_ones_wait(
    world: World, provider: StandIn
) -> None:
    provider.always = BROKEN
    send(world, user_ids=crowd(world, 10))
    recorded(10)
    fold_health()
    routes.forget()

    send(world, user_id="p0")

    waits = Delivery.objects.filter(reason="provider_down", state=State.WAITING, attempts=0)
    settle(waits.exists)
    assert len(provider.requests) == 10
    conserved()


def test_answers_of_4xx_never_open_the_breaker(world: World, provider: StandIn) -> None:
    provider.always = Answer(400, {"reason": "BadCollapseId"})
    send(world, user_ids=crowd(world, 12))
    settled()

    fold_health()

    assert account().breaker == "closed"


def broken(world: World, *, until: timedelta) -> None:
    set_account(breaker="open", breaker_until=now() + until, breaker_trips=1)


def test_a_broken_account_gets_one_probe_when_its_time_has_come(
    world: World, provider: StandIn
) -> None:
    broken(world, until=-timedelta(seconds=1))

    send(world, user_ids=crowd(world, 3))

    settle(lambda: Delivery.objects.filter(reason="provider_down").count() == 2)
    recorded()
    assert len(provider.requests) == 1
    assert account().breaker == "half_open"


def test_a_probe_that_succeeds_closes_the_breaker_for_good(world: World, provider: StandIn) -> None:
    names = crowd(world, 3)
    record_health({world.account.pk: Tally(0, 50, 0)})
    broken(world, until=-timedelta(seconds=1))
    send(world, user_ids=names)
    recorded()

    fold_health()
    fold_health()

    assert account().breaker == "closed"
    routes.forget()
    go_on()
    settled()
    assert len(provider.requests) == 3


def test_a_probe_that_fails_opens_it_again_for_longer(ada: World, provider: StandIn) -> None:
    provider.always = BROKEN
    broken(ada, until=-timedelta(seconds=1))
    send(ada, user_id="ada")
    recorded()

    fold_health()

    again = account()
    assert (again.breaker, again.breaker_trips) == ("open", 2)
    assert again.breaker_until is not None
    assert again.breaker_until > now() + timedelta(seconds=8)


def test_what_succeeded_before_it_opened_does_not_close_it(world: World) -> None:
    record_health({world.account.pk: Tally(6, 14, 0)})
    fold_health()
    fold_health()

    assert account().breaker == "open"


def test_the_next_try_goes_to_another_account_of_the_app(ada: World, provider: StandIn) -> None:
    with stand_in() as other:
        second = apns_account("second", ada.app, other.url)
        provider.always = other.always = BROKEN
        send(ada, user_id="ada", priority="high")
        recorded(2)

    assert len(provider.requests) == len(other.requests) == 1
    assert set(Attempt.objects.values_list("account_id", flat=True)) == {
        ada.account.pk,
        second.pk,
    }


def test_the_next_try_avoids_the_account_that_asked_to_slow_down(
    ada: World, provider: StandIn
) -> None:
    with stand_in() as other:
        apns_account("second", ada.app, other.url)
        provider.always = other.always = Answer(429, {"reason": "TooManyProviderTokenUpdates"})
        send(ada, user_id="ada")
        for tries in (1, 2, 3, 4):
            recorded(tries)
            go_on()
        recorded(5)

    assert abs(len(provider.requests) - len(other.requests)) == 1


def test_another_account_takes_over_for_one_that_is_held(ada: World, provider: StandIn) -> None:
    provider.always = Answer(403, {"reason": "InvalidProviderToken"})
    with stand_in() as other:
        apns_account("second", ada.app, other.url, weight=0)
        send(ada, user_id="ada")
        recorded()
        go_on()
        assert settled().state == State.SENT
        assert len(other.requests) == 1
    conserved()


def test_another_apps_account_is_never_used(ada: World, provider: StandIn) -> None:
    with stand_in() as other:
        apns_account("others", App.objects.create(slug="other", channel="push"), other.url)
        provider.always = BROKEN
        send(ada, user_id="ada", priority="high")
        recorded()
        go_on()
        recorded(2)
        set_account(breaker="open", breaker_until=now() + timedelta(hours=1))
        go_on()
        settle(Delivery.objects.filter(state=State.WAITING).exists)
        assert other.requests == []


def hold_first(world: World, provider: StandIn) -> None:
    provider.answers = [Answer(403, {"reason": "InvalidProviderToken"})]
    send(world, user_id="ada")
    recorded()


def test_held_messages_go_through_another_account_that_comes_into_use(
    ada: World, provider: StandIn
) -> None:
    hold_first(ada, provider)
    apns_account("second", ada.app, provider.url)

    sweep()
    go_on()

    assert settled().state == State.SENT


def test_messages_of_an_account_that_is_gone_are_let_go(ada: World, provider: StandIn) -> None:
    hold_first(ada, provider)
    ProviderAccount.objects.all().delete()
    routes.forget()

    sweep()
    go_on()

    assert settled().reason == "no_account"


def test_held_messages_are_released_in_waves(
    world: World, provider: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.dispatch.held.RELEASE", 2)
    monkeypatch.setattr("notifications.dispatch.held.SPREAD", 600.0)  # none is due while this looks
    set_account(held_at=now(), held_reason="refused")
    send(world, user_ids=crowd(world, 5))
    settle(lambda: Delivery.objects.exclude(held_by=None).count() == 5)
    resume(world.account.pk)

    left = []
    for _ in range(3):
        sweep()
        left.append(Delivery.objects.exclude(held_by=None).count())

    assert left == [3, 1, 0]
    released = [row.due_at for row in Delivery.objects.exclude(due_at=None) if row.due_at]
    assert all(due < now() + timedelta(seconds=601) for due in released)
    assert max(released) - min(released) > timedelta(seconds=1)


def test_once_more_stays_once_more_through_a_hold(ada: World, provider: StandIn) -> None:
    """A message that may have left is sent again at most once, whatever happens in between."""
    provider.always = Answer(hang=30)
    send(ada, user_id="ada", priority="high")
    assert recorded().reason == "resend"
    set_account(held_at=now())
    go_on()
    settle(Delivery.objects.exclude(held_by=None).exists)
    resume(ada.account.pk)
    sweep()
    go_on()

    assert settled().state == State.UNCERTAIN
    assert len(provider.requests) == 2
    assert only_delivery().attempts == 2
