"""Addresses that a provider calls dead, from the answer to the end."""

import pytest

from channels.accounts.credentials import account_upsert
from notifications.models import DeadCandidate, Delivery
from notifications.record import dead_addresses
from notifications.statuses import State
from notifyproj.core.clock import now
from notifyproj.core.models import Alert
from preferences.addresses.addresses import hash_of
from preferences.consent.withdrawals import Statement, Stopped, start, stop
from preferences.models import ConsentEvent, ContactPoint, Suppression
from tests.flows.conftest import Published
from tests.flows.steps import conserved, only_delivery, run, send, settled
from tests.providers import Answer, StandIn
from tests.world import World, contact_point, forget_all

BAD_TOKEN = Answer(400, {"reason": "BadDeviceToken"})
NUMBER = "+15558675310"


def test_a_wrong_key_costs_no_token(world: World, provider: StandIn) -> None:
    for n in range(12):
        world.person(f"user-{n}", token=f"{n:064x}")
    provider.always = BAD_TOKEN
    send(world, user_ids=[f"user-{n}" for n in range(12)])
    settled()

    for seconds in (0, 1, 5):
        dead_addresses.fold(now() + seconds * dead_addresses.WAIT)

    assert ContactPoint.objects.filter(active=True).count() == 12
    world.account.refresh_from_db()
    assert world.account.held_by == dead_addresses.GUARD
    assert Alert.objects.get(key=f"account-held:{world.account.pk}").count == 1


def test_one_dead_token_among_many_is_given_up(world: World, provider: StandIn) -> None:
    for n in range(12):
        world.person(f"user-{n}", token=f"{n:064x}")
    provider.answers = [BAD_TOKEN]
    send(world, user_ids=[f"user-{n}" for n in range(12)])
    settled()

    dead_addresses.fold(now() + 2 * dead_addresses.WAIT)

    assert ContactPoint.objects.filter(active=False).count() == 1
    assert not DeadCandidate.objects.exists()


@pytest.fixture
def texting(world: World, provider: StandIn) -> World:
    """Ada has a number, and messages to it go through Twilio."""
    account_upsert(
        slug="twilio",
        channel="sms",
        kind="twilio",
        endpoint=provider.url,
        credentials={"account_sid": "AC1", "auth_token": "x"},
        settings={"from": "+15005550006"},
    )
    contact_point(world.person("ada"), "sms", NUMBER)
    forget_all()
    return world


def test_an_opt_out_that_only_the_provider_knew_is_taken_over(
    texting: World, provider: StandIn
) -> None:
    provider.answers = [Answer(400, {"code": 21610, "message": "unsubscribed"})]
    send(texting, user_id="ada", channels=["sms"])

    assert settled().state == State.FAILED
    dead_addresses.fold(now() + 2 * dead_addresses.WAIT)

    assert ContactPoint.objects.get().active
    assert Suppression.objects.get().source == "sms_keyword"
    assert ConsentEvent.objects.get().evidence == {"code": "21610"}


def test_what_waits_is_not_sent_after_a_stop_and_is_after_a_start(
    texting: World, hints: list[Published]
) -> None:
    statement = Statement("sms", hash_of("sms", NUMBER), now())
    send(texting, user_id="ada", channels=["sms"])
    stop([Stopped(statement, "STOP")])
    run(hints)
    assert (settled().state, only_delivery().reason) == (State.SKIPPED, "suppressed")

    assert start(statement)
    assert not start(statement)

    send(texting, user_id="ada", channels=["sms"])
    assert Delivery.objects.filter(state=State.WAITING).count() == 1
    conserved()
