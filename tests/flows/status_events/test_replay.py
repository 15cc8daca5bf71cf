"""What was sent can be sent again, for seven days."""

import time
from datetime import timedelta

from django.db import connection

from notifications.status_events import maintenance, services
from notifications.status_events.models import StatusAttempt, StatusEvent
from notifications.status_events.send import send
from notifyproj.core.clock import now
from notifyproj.core.ids import uuid7
from tests.flows.status_events.conftest import (
    Listen,
    beat,
    ids,
    put,
)
from tests.providers import StandIn


def test_a_replay_sends_the_same_events_again_of_that_time_only(
    listen: Listen, receiver: StandIn
) -> None:
    endpoint, _ = listen()
    other, _ = listen()
    [old] = put(endpoint)
    put(other)
    beat()
    start = now()
    time.sleep(0.002)
    [wanted] = put(endpoint)
    beat()
    before = len(receiver.requests)

    done = services.events_replay(endpoint=endpoint, since=start, until=now())
    beat()

    assert (done.events, done.next_from) == (1, None)
    assert ids(receiver)[before:] == [wanted]
    assert StatusAttempt.objects.filter(event_id=wanted).count() == 2
    assert old != wanted


def test_a_replay_leaves_alone_what_is_on_its_way(listen: Listen, slow: StandIn) -> None:
    endpoint, _ = listen(slow.url)
    put(endpoint)
    send.send_some()

    start = now() - timedelta(hours=1)
    assert services.events_replay(endpoint=endpoint, since=start, until=now()).events == 0


def test_after_seven_days_events_and_their_tries_are_forgotten(
    listen: Listen, receiver: StandIn
) -> None:
    endpoint, _ = listen()
    put(endpoint)
    beat()
    old = uuid7(int((now() - timedelta(days=7, hours=1)).timestamp() * 1000))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE status_event SET id = %s", [str(old)])
        cursor.execute("UPDATE status_attempt SET event_id = %s", [str(old)])
    [young] = put(endpoint)

    maintenance.maintain(now())

    assert [str(row.pk) for row in StatusEvent.objects.all()] == [young]
    assert not StatusAttempt.objects.exists()
