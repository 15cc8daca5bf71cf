"""Cancelled at every point: nothing that waits goes out, what is on its way ends honestly."""

import pytest

from notifications.models import Delivery, Notification
from notifications.services.cancel import Cancelled, cancel
from notifications.statuses import NotificationState, State
from tests.flows.conftest import Published, settle
from tests.flows.steps import conserved, go_on, only_delivery, recorded, run, send, settled
from tests.providers import Answer, StandIn
from tests.world import World


@pytest.fixture
def ada(world: World) -> World:
    world.person("ada", token="a" * 64)
    return world


def cancel_it(world: World) -> Cancelled | None:
    return cancel(notification_id=str(Notification.objects.get().pk), service_id=world.service.pk)


def test_what_waits_is_cancelled_and_its_hint_claims_nothing(
    ada: World, hints: list[Published], provider: StandIn
) -> None:
    send(ada, user_id="ada")

    assert cancel_it(ada) == Cancelled(1)

    run(hints)
    delivery = only_delivery()
    assert (delivery.state, delivery.reason) == (State.CANCELLED, "cancelled")
    assert provider.requests == []
    conserved()


def test_what_is_with_the_provider_ends_as_it_ends(ada: World, provider: StandIn) -> None:
    provider.answers = [Answer(hang=0.3)]
    send(ada, user_id="ada")
    settle(lambda: len(provider.requests) == 1)

    assert cancel_it(ada) == Cancelled(0)

    assert settled().state == State.SENT
    conserved()


def test_a_try_that_fails_after_the_cancelling_has_no_next(ada: World, provider: StandIn) -> None:
    provider.answers = [Answer(500, {"reason": "InternalServerError"}, hang=0.3)]
    send(ada, user_id="ada")
    settle(lambda: len(provider.requests) == 1)

    cancel_it(ada)

    delivery = settled()
    assert (delivery.state, delivery.attempts) == (State.CANCELLED, 1)
    conserved()


def test_between_two_tries_it_is_cancelled(ada: World, provider: StandIn) -> None:
    provider.answers = [Answer(500, {"reason": "InternalServerError"})]
    send(ada, user_id="ada")
    recorded()

    assert cancel_it(ada) == Cancelled(1)

    go_on()
    assert only_delivery().state == State.CANCELLED
    assert len(provider.requests) == 1
    conserved()


def test_what_an_account_holds_is_cancelled(ada: World, provider: StandIn) -> None:
    provider.answers = [Answer(403, {"reason": "InvalidProviderToken"})]
    send(ada, user_id="ada")
    recorded()

    assert cancel_it(ada) == Cancelled(1)

    delivery = only_delivery()
    assert (delivery.state, delivery.held_by, delivery.due_at) == (State.CANCELLED, None, None)
    conserved()


def test_what_has_gone_out_stays_what_it_is(ada: World, provider: StandIn) -> None:
    send(ada, user_id="ada")
    settled()

    assert cancel_it(ada) == Cancelled(0, too_late=True)

    row = Notification.objects.get()
    assert (row.state, row.cancelled_at) == (NotificationState.RESOLVED, None)


def test_cancelling_again_after_all_is_settled_is_still_no_error(
    ada: World, hints: list[Published]
) -> None:
    send(ada, user_id="ada")
    cancel_it(ada)

    assert cancel_it(ada) == Cancelled(0)
    assert Notification.objects.get().state == NotificationState.CANCELLED


def test_cancelling_twice_is_no_error(ada: World, hints: list[Published]) -> None:
    send(ada, user_id="ada")
    cancel_it(ada)
    at = Notification.objects.get().cancelled_at

    assert cancel_it(ada) == Cancelled(0)

    assert Notification.objects.get().cancelled_at == at
    conserved()


def test_nobody_cancels_what_another_service_sent(ada: World, hints: list[Published]) -> None:
    send(ada, user_id="ada")

    done = cancel(notification_id=str(Notification.objects.get().pk), service_id=-1)

    assert done is None
    assert only_delivery().state == State.WAITING


def test_rows_left_by_a_cancelling_that_died_cancel_themselves(
    ada: World, hints: list[Published], provider: StandIn
) -> None:
    send(ada, user_id="ada")
    Notification.objects.update(state=NotificationState.CANCELLED)

    run(hints)

    assert settled().state == State.CANCELLED
    assert provider.requests == []
    conserved()


def test_a_row_in_a_crashed_worker_is_cancelled_when_its_lease_ends(
    ada: World, hints: list[Published], provider: StandIn
) -> None:
    send(ada, user_id="ada")
    Delivery.objects.update(state=State.LEASED, lease_id=1)
    assert cancel_it(ada) == Cancelled(0)

    go_on()
    run(hints)

    assert settled().state == State.CANCELLED
    assert provider.requests == []
    conserved()
