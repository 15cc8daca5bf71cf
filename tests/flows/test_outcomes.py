"""Each provider answer and its one consequence."""

import pytest

from channels.accounts.health import resume
from channels.models import ProviderAccount
from notifications.dispatch.sweep import sweep
from notifications.models import Attempt, Delivery
from notifications.record import dead_addresses
from notifications.statuses import ProviderOutcome, State
from notifyproj.core.clock import now
from preferences.models import ContactPoint
from tests.flows.conftest import settle
from tests.flows.steps import conserved, go_on, recorded, send, settled
from tests.providers import Answer, StandIn
from tests.world import World

GONE = Answer(410, {"reason": "Unregistered", "timestamp": 4_102_444_800_000})


@pytest.fixture
def ada(world: World) -> World:
    world.person("ada", token="a" * 64)
    return world


def test_an_accepted_push_is_sent(ada: World) -> None:
    send(ada, user_id="ada")

    delivery = settled()

    assert delivery.state == State.SENT
    assert delivery.outcome == ProviderOutcome.SENT
    conserved()


def test_a_failing_provider_is_tried_again_later(ada: World, provider: StandIn) -> None:
    provider.answers = [Answer(500, {"reason": "InternalServerError"})]
    send(ada, user_id="ada")

    waiting = recorded()

    assert waiting.state == State.WAITING
    assert waiting.reason == "retry"
    assert waiting.due_at is not None
    assert waiting.due_at > now()
    go_on()
    assert settled().state == State.SENT
    assert [a.number for a in Attempt.objects.order_by("number")] == [1, 2]


def test_a_provider_that_fails_every_time_fails_the_delivery(ada: World, provider: StandIn) -> None:
    provider.always = Answer(503, {"reason": "ServiceUnavailable"})
    ProviderAccount.objects.update(breaker="closed")
    send(ada, user_id="ada", priority="high")

    for attempt in range(1, 7):
        recorded(attempt)
        go_on()

    delivery = settled()
    assert delivery.state == State.FAILED
    assert delivery.reason == "attempts_exhausted"
    assert delivery.attempts == 6
    conserved()


def test_being_told_to_slow_down_costs_no_attempt(ada: World, provider: StandIn) -> None:
    provider.answers = [Answer(429, {"reason": "TooManyProviderTokenUpdates"})]
    send(ada, user_id="ada")

    waiting = recorded()

    assert waiting.reason == "throttled"
    assert waiting.attempts == 0


def test_a_dead_token_is_not_used_again(ada: World, provider: StandIn) -> None:
    provider.answers = [GONE]
    send(ada, user_id="ada")

    delivery = settled()

    assert delivery.state == State.FAILED
    dead_addresses.fold(now() + 2 * dead_addresses.WAIT)
    assert not ContactPoint.objects.get().active
    send(ada, user_id="ada")
    assert Delivery.objects.order_by("-id").first().reason == "no_contact_point"  # type: ignore[union-attr]


def test_a_token_registered_after_it_died_stays(ada: World, provider: StandIn) -> None:
    provider.answers = [Answer(410, {"reason": "Unregistered", "timestamp": 1_000})]
    send(ada, user_id="ada")

    settled()

    dead_addresses.fold(now() + 2 * dead_addresses.WAIT)
    assert ContactPoint.objects.get().active


def test_a_rejected_message_fails_alone(ada: World, provider: StandIn) -> None:
    provider.answers = [Answer(400, {"reason": "BadCollapseId"})]
    send(ada, user_id="ada")

    delivery = settled()

    assert delivery.state == State.FAILED
    assert delivery.reason == "BadCollapseId"
    assert ContactPoint.objects.get().active


def test_a_refused_key_holds_the_account_and_its_messages(ada: World, provider: StandIn) -> None:
    provider.answers = [Answer(403, {"reason": "InvalidProviderToken"})]
    send(ada, user_id="ada")

    held = recorded()

    assert held.state == State.WAITING
    assert held.reason == "account_held"
    assert ProviderAccount.objects.get().held_at is not None
    sweep()
    assert Attempt.objects.count() == 1


def test_held_messages_go_out_when_the_account_is_resumed(ada: World, provider: StandIn) -> None:
    provider.answers = [Answer(403, {"reason": "InvalidProviderToken"})]
    send(ada, user_id="ada")
    recorded()

    resume(ada.account.pk)
    sweep()
    go_on()

    assert settled().state == State.SENT


def test_a_timeout_after_sending_is_sent_once_more_where_the_type_says_so(
    ada: World, provider: StandIn
) -> None:
    provider.always = Answer(hang=30)
    send(ada, user_id="ada", priority="high")

    waiting = recorded()
    assert waiting.state == State.WAITING
    assert waiting.reason == "resend"
    go_on()
    delivery = settled()

    assert delivery.state == State.UNCERTAIN
    assert len(provider.requests) == 2
    conserved()


def test_a_refused_connection_is_safe_to_try_again(ada: World) -> None:
    ProviderAccount.objects.update(endpoint="http://127.0.0.1:9")
    ada.account.refresh_from_db()
    from tests.world import forget_all

    forget_all()
    send(ada, user_id="ada")

    delivery = recorded()

    assert delivery.state == State.WAITING
    assert delivery.reason == "retry"
    assert Attempt.objects.get().code == "unreachable"


def test_a_message_whose_next_try_comes_too_late_expires(ada: World, provider: StandIn) -> None:
    provider.always = Answer(500, {"reason": "InternalServerError"})
    send(ada, user_id="ada", ttl_seconds=5)

    delivery = settled()

    assert delivery.state == State.EXPIRED
    conserved()


def test_every_try_is_written_down_even_when_its_lease_was_lost(
    ada: World, provider: StandIn
) -> None:
    provider.answers = [Answer(hang=1.0)]
    send(ada, user_id="ada")
    settle(lambda: len(provider.requests) == 1)
    Delivery.objects.update(lease_id=None, state=State.WAITING, due_at=now())

    recorded()

    assert Delivery.objects.get().state == State.WAITING
    assert Attempt.objects.count() == 1
