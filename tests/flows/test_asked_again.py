"""The decision is asked again before sending: what changed since resolving counts."""

from collections.abc import Callable
from datetime import timedelta

import pytest

import notifications.campaigns.tasks  # noqa: F401 - registers them
from bench.broadcast import broadcast
from notifications.campaigns.run.launch import campaign_launch
from notifications.models import Delivery
from notifications.statuses import State
from notifyproj.core.clock import now
from preferences.consent import withdrawals
from preferences.consent.choices import Proof, choice_set
from preferences.consent.pauses import Pause, pause_set
from preferences.facts.types import Catalogue, catalogue
from preferences.models import (
    Category,
    ContactPoint,
    Preference,
    QuietHours,
    Recipient,
    Suppression,
)
from preferences.recipients import services
from preferences.recipients.schemas import Device
from tests.flows.campaigns.steps import campaign
from tests.flows.conftest import Published, settle
from tests.flows.steps import conserved, go_on, only_delivery, run, send, settled
from tests.providers import StandIn
from tests.world import World, forget_all

TOKEN = "a" * 64


@pytest.fixture
def ada(world: World) -> Recipient:
    return world.person("ada", token=TOKEN)


def be_quiet(person: Recipient) -> QuietHours:
    """Quiet hours that began an hour ago and end in an hour."""
    hour = timedelta(hours=1)
    start, end = (now() - hour).time(), (now() + hour).time()
    return QuietHours.objects.create(recipient=person, start=start, end=end)


def suppress(world: World, ada: Recipient) -> None:
    hash_ = ContactPoint.objects.get().address_hash
    Suppression.objects.create(channel="push", address_hash=hash_, reason="bounced")


def opt_out(world: World, ada: Recipient) -> None:
    Preference.objects.create(recipient=ada, type=world.type, channel="push", enabled=False)


def unsubscribe(world: World, ada: Recipient) -> None:
    Preference.objects.create(recipient=ada, enabled=False)


def opt_out_of_category(world: World, ada: Recipient) -> None:
    world.type.category = Category.objects.create(slug="orders", name="Orders")
    world.type.save()
    forget_all()
    choice_set(
        recipient_id=ada.pk,
        category_id=world.type.category.pk,
        channel="",
        enabled=False,
        proof=Proof("page", now()),
    )


def pause(world: World, ada: Recipient) -> None:
    pause_set([Pause(ada.pk, now() + timedelta(days=1), Proof("page", now()))])


def say_stop(world: World, ada: Recipient) -> None:
    point = ContactPoint.objects.get(recipient=ada)
    word = withdrawals.Statement("push", bytes(point.address_hash), now())
    withdrawals.stop([withdrawals.Stopped(word, "STOP")])


def move_token(world: World, ada: Recipient) -> None:
    world.person("bob")
    services.device_register(external_id="bob", device=Device(token=TOKEN, platform="ios"))


def remove(world: World, ada: Recipient) -> None:
    point = ContactPoint.objects.get()
    services.contact_point_remove(external_id="ada", contact_point_id=point.pk)


def die(world: World, ada: Recipient) -> None:
    ContactPoint.objects.update(active=False)


def erase(world: World, ada: Recipient) -> None:
    services.recipient_erase(external_id=ada.external_id)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (suppress, "suppressed"),
        (opt_out, "opted_out"),
        (unsubscribe, "unsubscribed"),
        (opt_out_of_category, "opted_out"),
        (pause, "paused"),
        (say_stop, "suppressed"),
        (move_token, "no_contact_point"),
        (remove, "no_contact_point"),
        (die, "no_contact_point"),
        (erase, "recipient_erased"),
    ],
)
def test_what_changed_before_sending_stops_it(
    world: World,
    ada: Recipient,
    hints: list[Published],
    provider: StandIn,
    change: Callable[[World, Recipient], None],
    reason: str,
) -> None:
    send(world, user_id="ada")
    change(world, ada)

    run(hints)

    delivery = settled()
    assert (delivery.state, delivery.reason) == (State.SKIPPED, reason)
    assert provider.requests == []
    conserved()


@pytest.mark.parametrize(
    ("change", "reason"),
    [(suppress, "suppressed"), (unsubscribe, "unsubscribed"), (erase, "recipient_erased")],
)
def test_what_is_known_at_once_is_recorded_at_once(
    world: World, ada: Recipient, change: Callable[[World, Recipient], None], reason: str
) -> None:
    change(world, ada)

    send(world, user_id="ada")

    # An erased person has no address any more, but that is not why.
    assert only_delivery().reason == reason
    conserved()


def test_somebody_without_an_address_is_skipped_with_the_reason(world: World) -> None:
    world.person("ada")

    send(world, user_id="ada")

    delivery = only_delivery()
    assert (delivery.state, delivery.reason) == (State.SKIPPED, "no_contact_point")
    assert delivery.contact_point_id is None
    conserved()


def test_each_device_gets_a_delivery_of_its_own(
    world: World, ada: Recipient, provider: StandIn
) -> None:
    world.device(ada, "b" * 64)

    send(world, user_id="ada")

    settled()
    assert {request["path"][-64:] for request in provider.requests} == {TOKEN, "b" * 64}
    assert Delivery.objects.filter(state=State.SENT).count() == 2


def test_quiet_hours_hold_it_back_until_they_end(world: World, ada: Recipient) -> None:
    quiet = be_quiet(ada)

    send(world, user_id="ada")

    waiting = only_delivery()
    assert (waiting.state, waiting.reason) == (State.WAITING, "quiet_hours")
    assert waiting.due_at is not None
    assert waiting.due_at.time() == quiet.end


def test_quiet_hours_that_began_since_are_kept(
    world: World, ada: Recipient, hints: list[Published], provider: StandIn
) -> None:
    send(world, user_id="ada")
    be_quiet(ada)

    for time_asked in (1, 2):
        run(hints)
        again = Delivery.objects.filter(claims=time_asked, reason="quiet_hours")
        settle(again.filter(state=State.WAITING, due_at__gt=now()).exists)
        go_on()

    assert provider.requests == []


def test_after_quiet_hours_it_goes_out(world: World, ada: Recipient) -> None:
    quiet = be_quiet(ada)
    send(world, user_id="ada")
    quiet.delete()

    go_on()

    assert settled().state == State.SENT
    conserved()


def test_quiet_hours_never_put_it_off_past_its_expiry(world: World, ada: Recipient) -> None:
    be_quiet(ada)

    send(world, user_id="ada", ttl_seconds=60)

    waiting = only_delivery()
    assert waiting.due_at == waiting.expires_at


def test_a_type_that_passes_quiet_hours_is_sent_in_them(world: World, ada: Recipient) -> None:
    be_quiet(ada)
    world.type.passes_quiet_hours = True
    world.type.save()
    forget_all()

    send(world, user_id="ada")

    assert settled().state == State.SENT


def test_a_type_removed_since_fails_its_deliveries_only(
    world: World, ada: Recipient, hints: list[Published]
) -> None:
    send(world, user_id="ada")
    world.type.delete()
    forget_all()

    run(hints)

    delivery = settled()
    assert (delivery.state, delivery.reason) == (State.FAILED, "type_removed")


def test_a_type_made_a_moment_ago_is_known_to_every_worker(
    world: World, ada: Recipient, hints: list[Published], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker's catalogue is up to two seconds old."""
    send(world, user_id="ada")
    monkeypatch.setattr(catalogue, "_value", Catalogue({}, {}))

    run(hints)

    assert settled().state == State.SENT


def tell_everybody(world: World) -> None:
    broadcast(
        service_id=world.service.pk,
        type_slug="order",
        template_id="order",
        variables={"order_id": "A-1"},
        priority="low",
        now=now(),
    )


def campaign_to_everybody(world: World) -> None:
    campaign_launch(campaign=campaign(world), now=now())


@pytest.mark.parametrize("begin", [tell_everybody, campaign_to_everybody])
def test_what_people_change_while_a_campaign_runs_holds_for_all_not_yet_handed_over(
    world: World, hints: list[Published], provider: StandIn, begin: Callable[[World], None]
) -> None:
    names = ["stops", "pauses", "chooses", "goes", "stays"]
    for n, name in enumerate(names):
        world.person(name, token=f"{n}" * 64)
    begin(world)
    while Delivery.objects.count() < len(names):  # resolved, and handed to nobody yet
        run([hints.pop(0)])

    changes = [say_stop, pause, opt_out_of_category, erase]
    for change, person in zip(changes, world.people, strict=False):
        change(world, person)
    run(hints)

    settled()
    ended = Delivery.objects.values_list("recipient_id", "reason")
    reasons = ["suppressed", "paused", "opted_out", "recipient_erased", ""]
    assert dict(ended) == {p.pk: r for p, r in zip(world.people, reasons, strict=True)}
    assert [request["path"][-64:] for request in provider.requests] == ["4" * 64]
    conserved()
