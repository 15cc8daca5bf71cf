from datetime import timedelta

import pytest

from notifications.dispatch.sweep import sweep
from notifications.models import Delivery, Notification
from notifications.services.cancel import cancel
from notifications.statuses import NotificationState, State
from notifyproj.core.clock import now
from tests.flows.conftest import Published
from tests.flows.steps import conserved, run, send, settled
from tests.providers import StandIn
from tests.world import World

HOUR = timedelta(hours=1)


@pytest.fixture
def ada(world: World) -> World:
    world.person("ada", token="a" * 64)
    return world


def test_nothing_goes_out_before_its_time(ada: World) -> None:
    answer = send(ada, user_id="ada", scheduled_at=(now() + HOUR).isoformat())

    sweep()

    assert answer.body is not None
    assert answer.body.status == "scheduled"
    assert Notification.objects.get().state == NotificationState.SCHEDULED
    assert not Delivery.objects.exists()


def test_at_its_time_it_is_resolved_and_sent(ada: World, provider: StandIn) -> None:
    send(ada, user_id="ada", scheduled_at=(now() + HOUR).isoformat())
    Notification.objects.update(due_at=now())

    sweep()

    assert settled().state == State.SENT
    assert len(provider.requests) == 1
    conserved()


def test_who_it_goes_to_is_decided_at_its_time(ada: World, provider: StandIn) -> None:
    send(ada, user_id="ada", scheduled_at=(now() + HOUR).isoformat())
    ada.device(ada.people[0], "b" * 64)
    Notification.objects.update(due_at=now())

    sweep()

    settled()
    assert len(provider.requests) == 2


def test_a_schedule_a_moment_in_the_past_goes_at_once(ada: World) -> None:
    send(ada, user_id="ada", scheduled_at=(now() - timedelta(seconds=30)).isoformat())

    assert settled().state == State.SENT


def test_what_was_cancelled_before_its_time_never_goes_out(ada: World) -> None:
    send(ada, user_id="ada", scheduled_at=(now() + HOUR).isoformat())
    cancel(notification_id=str(Notification.objects.get().pk), service_id=ada.service.pk)

    Notification.objects.update(scheduled_at=now())
    sweep()

    assert Notification.objects.get().state == NotificationState.CANCELLED
    assert Notification.objects.get().due_at is None
    assert not Delivery.objects.exists()


def test_what_comes_too_late_to_be_resolved_expires(ada: World) -> None:
    send(ada, user_id="ada", scheduled_at=(now() + HOUR).isoformat())
    Notification.objects.update(due_at=now(), expires_at=now())

    sweep()

    assert Notification.objects.get().state == NotificationState.EXPIRED
    assert not Delivery.objects.exists()


def test_a_lost_hint_to_resolve_is_made_again(ada: World, hints: list[Published]) -> None:
    send(ada, user_id="ada", scheduled_at=(now() + HOUR).isoformat())
    Notification.objects.update(due_at=now())
    sweep()
    hints.clear()
    Notification.objects.update(due_at=now())

    sweep()
    run(hints)

    assert settled().state == State.SENT
