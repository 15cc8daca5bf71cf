"""A transient failure: the urgent go elsewhere at once, the others wait for their turn."""

from collections.abc import Iterator

import pytest

from channels.accounts.routes import routes
from channels.models import ProviderAccount
from notifications.models import Attempt, Delivery
from notifications.record import recorder
from notifications.statuses import State
from notifyproj.core.clock import now
from notifyproj.core.models import Alert
from tests.flows.conftest import settle
from tests.flows.steps import conserved, go_on, recorded, send, settled
from tests.providers import Answer, StandIn, stand_in
from tests.world import World, apns_account

BROKEN = Answer(500, {"reason": "InternalServerError"})
BUSY = Answer(429, {"reason": "TooManyProviderTokenUpdates"}, {"retry-after": "50"})
SECONDS = 2.0  # until an urgent message is with another account


@pytest.fixture
def ada(world: World) -> World:
    world.person("ada", token="a" * 64)
    return world


@pytest.fixture
def other(ada: World) -> Iterator[StandIn]:
    """The provider behind a second account of the app."""
    with stand_in() as made:
        apns_account("second", ada.app, made.url, weight=0)
        yield made


def waits() -> float:
    """Seconds until the only delivery's next attempt."""
    delivery = Delivery.objects.get()
    assert delivery.state == State.WAITING
    assert delivery.due_at is not None
    return (delivery.due_at - now()).total_seconds()


def test_an_urgent_message_is_with_another_account_within_two_seconds(
    ada: World, provider: StandIn, other: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "EVERY", 0.2)
    provider.always = BROKEN

    send(ada, user_id="ada", priority="high")  # and no sweep

    assert settled().state == State.SENT
    first, second = Attempt.objects.order_by("number")
    assert (second.started_at - first.started_at).total_seconds() < SECONDS
    assert len(provider.requests) == len(other.requests) == 1
    conserved()


def test_two_accounts_that_fail_do_not_use_up_all_tries_in_a_moment(
    ada: World, provider: StandIn, other: StandIn
) -> None:
    provider.always = other.always = BROKEN

    send(ada, user_id="ada", priority="high")

    recorded(2)
    settle(Delivery.objects.filter(attempts=2).exists)
    assert waits() > 1
    assert Attempt.objects.count() == 2


def test_what_one_account_asks_for_does_not_hold_up_the_other(
    ada: World, provider: StandIn, other: StandIn
) -> None:
    provider.always = BUSY

    send(ada, user_id="ada", priority="high")

    assert settled().state == State.SENT
    assert settled().attempts == 1


@pytest.mark.parametrize("priority", ["normal", "low"])
def test_what_is_not_urgent_follows_its_delays(
    ada: World, provider: StandIn, other: StandIn, priority: str
) -> None:
    provider.always = BROKEN

    send(ada, user_id="ada", priority=priority)

    settle(Delivery.objects.filter(state=State.WAITING).exists)
    assert 9 < waits() < 13
    assert other.requests == []


def test_a_message_that_failed_once_is_no_probe_of_the_account_that_failed_it(
    ada: World, provider: StandIn, other: StandIn
) -> None:
    provider.always = BROKEN
    send(ada, user_id="ada")
    settle(Delivery.objects.filter(state=State.WAITING).exists)
    ProviderAccount.objects.filter(pk=ada.account.pk).update(breaker="open", breaker_until=now())
    routes.forget()

    go_on()

    assert settled().state == State.SENT
    assert len(other.requests) == 1


def test_the_only_account_gets_the_time_it_asks_for(ada: World, provider: StandIn) -> None:
    provider.always = BUSY

    send(ada, user_id="ada", priority="high")

    settle(Delivery.objects.filter(state=State.WAITING).exists)
    assert waits() > 49


def test_a_message_that_cannot_be_published_goes_with_the_sweep(
    ada: World, provider: StandIn, other: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def publish(self, _: object) -> bool:
            raise RuntimeError

    monkeypatch.setattr(recorder, "dispatch", Broken())
    provider.always = BROKEN
    send(ada, user_id="ada", priority="high")
    settle(Delivery.objects.filter(state=State.WAITING, attempts=1).exists)
    assert other.requests == []

    go_on()

    assert settled().state == State.SENT
    assert len(other.requests) == 1


def test_an_urgent_message_does_not_wait_long_for_an_account_that_hangs(
    ada: World, provider: StandIn, other: StandIn
) -> None:
    provider.always = Answer(hang=30)

    send(ada, user_id="ada", priority="high")

    assert settled().state == State.SENT
    first, second = Attempt.objects.order_by("number")
    assert (second.started_at - first.started_at).total_seconds() < 2 * SECONDS


def urgent_alerts() -> dict[str, int]:
    found = Alert.objects.filter(key__startswith="urgent-failed")
    return {row.key: row.count for row in found}


def test_urgent_messages_that_finally_fail_are_one_alert(ada: World, provider: StandIn) -> None:
    ada.person("bob", token="b" * 64)
    provider.always = Answer(400, {"reason": "BadCollapseId"})

    send(ada, user_ids=["ada", "bob"], priority="high")
    settled()

    assert urgent_alerts() == {"urgent-failed:order:BadCollapseId": 2}


@pytest.mark.parametrize(
    ("priority", "answer"),
    [
        ("high", Answer(410, {"reason": "Unregistered", "timestamp": 4_102_444_800_000})),
        ("normal", Answer(400, {"reason": "BadCollapseId"})),
        ("high", Answer()),
    ],
)
def test_nobody_is_called_for_a_dead_address_or_what_is_not_urgent(
    ada: World, provider: StandIn, priority: str, answer: Answer
) -> None:
    provider.always = answer

    send(ada, user_id="ada", priority=priority)
    settled()

    assert urgent_alerts() == {}


def test_a_lost_workers_urgent_message_that_is_given_up_is_an_alert(ada: World) -> None:
    ProviderAccount.objects.update(enabled=True)
    send(ada, user_id="ada", priority="high")
    settled()
    leased = {"state": State.LEASED, "settled_at": None, "due_at": now(), "crashes": 4}
    Delivery.objects.update(**leased)

    go_on()

    assert urgent_alerts() == {"urgent-failed:order:worker_crashed": 1}
