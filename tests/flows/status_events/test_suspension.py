"""An endpoint that takes nothing is left alone, and its owner told; what waits is sent later."""

from datetime import timedelta

import pytest
from django.core import mail

from notifications.status_events import backlogs, maintenance, services
from notifications.status_events.models import StatusEndpoint, StatusEvent
from notifications.status_events.outbox import subscriptions
from notifyproj.core.clock import now
from notifyproj.core.models import Alert
from tests.flows.status_events.conftest import (
    Listen,
    beat,
    fail_for,
    ids,
    put,
    time_passes,
)
from tests.flows.steps import send
from tests.providers import Answer, StandIn
from tests.world import World


def test_an_endpoint_that_is_gone_is_disabled_and_its_owner_told(
    listen: Listen, receiver: StandIn
) -> None:
    endpoint, _ = listen(owner_email="owner@example.com", description="Shop")
    receiver.always = Answer(410)
    put(endpoint, 2)
    beat()
    maintenance.maintain(now())

    endpoint.refresh_from_db()
    assert (endpoint.enabled, endpoint.reason) == (False, "It answered 410 Gone")
    [letter] = mail.outbox
    assert letter.to == ["owner@example.com"]
    assert "410 Gone" in letter.body


def test_after_a_day_of_failing_it_is_suspended_and_its_owner_told(
    listen: Listen, receiver: StandIn
) -> None:
    endpoint, _ = listen(owner_email="owner@example.com")
    receiver.always = Answer(500)
    fail_for(endpoint, hours=25, tries=19)
    put(endpoint)
    beat()
    time_passes()
    put(endpoint)
    beat()
    maintenance.maintain(now())
    maintenance.maintain(now())

    endpoint.refresh_from_db()
    assert endpoint.suspended_at is not None
    assert len(receiver.requests) == 1
    assert Alert.objects.get().key == f"status-endpoint:{endpoint.pk}"
    assert [letter.to for letter in mail.outbox] == [["owner@example.com"]]


@pytest.mark.parametrize(("hours", "tries"), [(23, 500), (48, 10)])
def test_neither_a_short_outage_nor_a_few_tries_suspend(
    listen: Listen, receiver: StandIn, hours: float, tries: int
) -> None:
    endpoint, _ = listen()
    receiver.always = Answer(500)
    fail_for(endpoint, hours, tries)
    put(endpoint)
    beat()

    endpoint.refresh_from_db()
    assert endpoint.failures == tries + 1
    assert endpoint.suspended_at is None


def test_a_success_ends_the_failing(listen: Listen, receiver: StandIn) -> None:
    endpoint, _ = listen()
    fail_for(endpoint, hours=30, tries=19)
    put(endpoint)
    beat()

    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since) == (0, None)


def test_what_waited_for_a_suspended_endpoint_goes_out_when_it_is_resumed(
    listen: Listen, receiver: StandIn
) -> None:
    endpoint, _ = listen()
    StatusEndpoint.objects.update(suspended_at=now(), reason="failing")
    waiting = put(endpoint, 3)
    beat()
    assert receiver.requests == []

    services.endpoint_resume(endpoint=endpoint)
    beat()

    assert sorted(ids(receiver)) == sorted(waiting)


def test_a_busy_endpoint_is_left_alone_for_as_long_as_it_asks(
    listen: Listen, receiver: StandIn
) -> None:
    endpoint, _ = listen()
    receiver.answers = [Answer(429, headers={"retry-after": "30"})]
    put(endpoint)
    beat()
    put(endpoint, 5)
    beat()

    assert len(receiver.requests) == 1
    endpoint.refresh_from_db()
    assert endpoint.rest_until is not None
    assert timedelta(seconds=20) < endpoint.rest_until - now() <= timedelta(seconds=30)


def test_an_endpoint_that_cannot_keep_up_gets_nothing_new_until_it_has_caught_up(
    world: World, listen: Listen, receiver: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlogs, "MOST_WAITING", 2)
    endpoint, _ = listen(owner_email="owner@example.com")
    put(endpoint, 2)
    maintenance.maintain(now())
    subscriptions.forget()
    world.person("ada")
    send(world, user_id="ada")
    assert StatusEvent.objects.count() == 2
    assert Alert.objects.get().resolved_at is None

    beat()
    maintenance.maintain(now())
    subscriptions.forget()
    send(world, user_id="ada")

    assert StatusEvent.objects.count() == 3
    assert Alert.objects.get().resolved_at is not None
    assert len(mail.outbox) == 1
