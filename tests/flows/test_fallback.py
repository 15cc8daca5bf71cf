"""Another channel when the first does not arrive: the inbox stands in for the push here."""

from datetime import time, timedelta
from typing import Any

import pytest

from notifications.dispatch.sweep import sweep
from notifications.models import Delivery
from notifications.record.fallback import judge
from notifications.statuses import ProviderOutcome, State
from notifyproj.core.clock import now
from preferences.facts.types import Fallback
from preferences.models import Preference, QuietHours
from tests.flows.conftest import settle
from tests.flows.steps import conserved, make_due, recorded, send, settled
from tests.providers import Answer, StandIn
from tests.world import World, forget_all

ACCEPTED = {"from": "push", "to": "inbox", "unless": "accepted", "after": 10}
DELIVERED = {"from": "push", "to": "inbox", "unless": "delivered", "after": 60}
GONE = Answer(410, {"reason": "Unregistered", "timestamp": 4_102_444_800_000})
QUICK = Fallback("push", "inbox", "accepted", 10)
SLOW = Fallback("push", "inbox", "delivered", 60)
SENT = (State.SENT, ProviderOutcome.SENT)
TAKEN = (State.SENT, ProviderOutcome.DELIVERED)
OPEN = (State.LEASED, ProviderOutcome.NONE)


@pytest.fixture
def ada(world: World) -> World:
    world.person("ada", token="a" * 64)
    with_fallbacks(world, ACCEPTED)
    return world


def with_fallbacks(world: World, *steps: dict[str, Any]) -> None:
    world.type.fallbacks = list(steps)
    world.type.save()
    forget_all()


def delivery(channel: str) -> Delivery:
    return Delivery.objects.get(channel=channel)


def test_the_other_channel_waits_for_its_deadline(ada: World) -> None:
    send(ada, user_id="ada")

    waiting = delivery("inbox")

    assert (waiting.state, waiting.reason) == (State.WAITING, "fallback")
    assert waiting.fallback_of == delivery("push").id
    assert waiting.due_at is not None
    assert timedelta(seconds=8) < waiting.due_at - now() <= timedelta(seconds=10)


def test_what_arrived_needs_no_other_channel(ada: World) -> None:
    send(ada, user_id="ada")
    settle(lambda: delivery("push").state == State.SENT)

    make_due()
    sweep()

    settled()
    assert (delivery("inbox").state, delivery("inbox").reason) == (
        State.SKIPPED,
        "fallback_not_needed",
    )
    conserved()


def test_what_was_not_accepted_in_time_goes_the_other_way(ada: World, provider: StandIn) -> None:
    provider.always = Answer(500, {"reason": "InternalServerError"})
    send(ada, user_id="ada")
    recorded()

    Delivery.objects.filter(channel="inbox").update(due_at=now())
    sweep()

    settle(lambda: delivery("inbox").state == State.SENT)
    assert delivery("push").state == State.WAITING


def test_a_dead_device_does_not_wait_for_the_deadline(ada: World, provider: StandIn) -> None:
    provider.always = GONE
    send(ada, user_id="ada")
    settle(lambda: delivery("push").state == State.FAILED)

    sweep()

    settle(lambda: delivery("inbox").state == State.SENT)
    conserved()


def test_one_device_of_two_is_enough(ada: World, provider: StandIn) -> None:
    ada.device(ada.people[0], "b" * 64)
    provider.answers = [GONE]
    send(ada, user_id="ada")
    settle(lambda: not Delivery.objects.filter(channel="push", settled_at=None).exists())

    make_due()
    sweep()

    settled()
    assert delivery("inbox").reason == "fallback_not_needed"


def test_who_has_no_device_is_told_at_once(world: World) -> None:
    world.person("bob")
    with_fallbacks(world, ACCEPTED)

    send(world, user_id="bob")

    settle(lambda: delivery("inbox").state == State.SENT)
    assert delivery("push").reason == "no_contact_point"


def test_who_does_not_want_the_other_channel_is_left_alone(ada: World) -> None:
    Preference.objects.create(
        recipient=ada.people[0], type=ada.type, channel="inbox", enabled=False
    )

    send(ada, user_id="ada")

    assert (delivery("inbox").state, delivery("inbox").reason) == (State.SKIPPED, "opted_out")


def test_quiet_hours_move_the_deadline_too(ada: World) -> None:
    clock = now()
    start, end = (clock - timedelta(hours=1)).time(), (clock + timedelta(hours=1)).time()
    QuietHours.objects.create(
        recipient=ada.people[0], start=start.replace(microsecond=0), end=time(end.hour, end.minute)
    )

    send(ada, user_id="ada")

    first, second = delivery("push").due_at, delivery("inbox").due_at
    assert first is not None
    assert second is not None
    assert second - first == timedelta(seconds=10)


def test_a_channel_without_words_is_no_fallback(world: World) -> None:
    world.person("ada", token="a" * 64)
    with_fallbacks(world, {**ACCEPTED, "to": "email"})

    send(world, user_id="ada")

    assert not Delivery.objects.filter(channel="email").exists()


def test_accepted_but_not_delivered_goes_the_other_way_later(ada: World) -> None:
    with_fallbacks(ada, ACCEPTED, DELIVERED)
    send(ada, user_id="ada")
    settle(lambda: delivery("push").state == State.SENT)

    make_due()
    sweep()
    settle(lambda: delivery("inbox").reason == "fallback_next")
    due_at = delivery("inbox").due_at
    assert due_at is not None
    assert timedelta(seconds=45) < due_at - now() <= timedelta(seconds=50)
    make_due()
    sweep()

    settle(lambda: delivery("inbox").state == State.SENT)


@pytest.mark.parametrize(
    ("reason", "sources", "expected"),
    [
        ("fallback", [OPEN], None),
        ("fallback", [SENT], (State.WAITING, "fallback_next", 50)),
        ("fallback", [TAKEN], (State.SKIPPED, "fallback_not_needed", 0)),
        ("fallback_next", [SENT], None),
        ("fallback_next", [SENT, TAKEN], (State.SKIPPED, "fallback_not_needed", 0)),
        ("fallback_now", [], None),
        ("fallback_now", [OPEN], (State.WAITING, "fallback", 10)),
        ("quiet_hours", [SENT], None),
        ("quiet_hours", [TAKEN], (State.SKIPPED, "fallback_not_needed", 0)),
    ],
)
def test_what_a_fallback_does_when_it_is_due(
    reason: str, sources: list[tuple[int, int]], expected: object
) -> None:
    assert judge(reason, [QUICK, SLOW], [sources, sources]) == expected
