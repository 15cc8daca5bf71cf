"""Events reach their endpoint at least once, by the same id and bytes, whatever it answers."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import OperationalError, connection
from standardwebhooks import WebhookVerificationError

from channels.transport import transport
from notifications import outbox
from notifications.status_events import maintenance, sending, services, writing
from notifications.status_events.models import StatusAttempt, StatusEndpoint, StatusEvent
from notifications.status_events.recorder import Recorder
from notifyproj.core.clock import now
from notifyproj.core.ids import uuid7
from notifyproj.core.models import Alert
from tests.channels.peers import refusing
from tests.flows.conftest import settle
from tests.flows.status_events.conftest import (
    Listen,
    beat,
    next_second,
    time_passes,
    verified,
)
from tests.providers import Answer, StandIn, stand_in


@pytest.fixture
def slow() -> Iterator[StandIn]:
    """An endpoint that takes the request and says nothing."""
    with stand_in() as made:
        made.always = Answer(hang=60)
        yield made


def put(endpoint: StatusEndpoint, n: int = 1) -> list[str]:
    return [str(services.event_test(endpoint=endpoint, now=now())) for _ in range(n)]


def ids(receiver: StandIn) -> list[str]:
    return [request["headers"]["webhook-id"] for request in receiver.requests]


def only() -> StatusEvent:
    return StatusEvent.objects.get()


def fail_for(endpoint: StatusEndpoint, hours: float, tries: int) -> None:
    since = now() - timedelta(hours=hours)
    StatusEndpoint.objects.filter(pk=endpoint.pk).update(failing_since=since, failures=tries)


def test_a_retry_has_the_same_id_and_bytes_and_a_new_signature(
    listen: Listen, receiver: StandIn
) -> None:
    endpoint, secret = listen()
    receiver.answers = [Answer(500, "no")]
    put(endpoint)
    beat()
    assert only().state == StatusEvent.State.WAITING
    next_second()
    time_passes()
    beat()

    first, second = receiver.requests
    assert first["body"] == second["body"]
    assert first["headers"]["webhook-id"] == second["headers"]["webhook-id"]
    assert first["headers"]["webhook-signature"] != second["headers"]["webhook-signature"]
    assert verified(first, secret) == verified(second, secret)
    assert list(StatusAttempt.objects.order_by("number").values_list("status", "excerpt")) == [
        (500, '"no"'),
        (200, ""),
    ]


def test_the_first_retry_comes_after_five_seconds(listen: Listen, receiver: StandIn) -> None:
    endpoint, _ = listen()
    receiver.always = Answer(500)
    put(endpoint)
    before = now()
    beat()

    due_at = only().due_at
    assert due_at is not None
    assert timedelta(seconds=5) <= due_at - before < timedelta(seconds=6 + 2)


def test_after_the_last_of_the_schedule_it_is_given_up(listen: Listen, receiver: StandIn) -> None:
    endpoint, _ = listen()
    receiver.always = Answer(500)
    put(endpoint)
    for _ in range(10):
        beat()
        time_passes()
    beat()

    assert only().state == StatusEvent.State.FAILED
    assert len(receiver.requests) == 10


@pytest.mark.parametrize("status", [301, 302, 400, 404, 500])
def test_what_is_not_taken_is_tried_again(listen: Listen, receiver: StandIn, status: int) -> None:
    endpoint, _ = listen()
    receiver.always = Answer(status, headers={"location": f"{receiver.url}/elsewhere"})
    put(endpoint)
    beat()

    assert only().state == StatusEvent.State.WAITING
    assert len(receiver.requests) == 1


def test_a_refused_connection_is_a_try_like_any_other(listen: Listen) -> None:
    with refusing() as port:
        endpoint, _ = listen(f"http://127.0.0.1:{port}/")
        put(endpoint)
        beat()

    attempt = StatusAttempt.objects.get()
    assert attempt.status is None
    assert attempt.reason


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


def test_both_secrets_sign_for_a_day_after_a_rotation(listen: Listen, receiver: StandIn) -> None:
    endpoint, old = listen()
    new, until = services.secret_rotate(endpoint=endpoint, now=now())
    put(endpoint)
    beat()
    [request] = receiver.requests
    assert verified(request, old) == verified(request, new)
    assert timedelta(hours=23) < until - now() <= timedelta(hours=24)


def test_after_that_day_only_the_new_secret_signs(listen: Listen, receiver: StandIn) -> None:
    endpoint, old = listen()
    new, _ = services.secret_rotate(endpoint=endpoint, now=now() - timedelta(hours=25))
    put(endpoint)
    beat()
    [request] = receiver.requests
    verified(request, new)
    with pytest.raises(WebhookVerificationError):
        verified(request, old)


def test_a_slow_endpoint_does_not_delay_another(
    listen: Listen, receiver: StandIn, slow: StandIn
) -> None:
    hanging, _ = listen(slow.url)
    quick, _ = listen()
    put(hanging, 300)
    sending.send_some()
    started = time.monotonic()
    put(quick, 20)
    sending.send_some()
    settle(lambda: len(receiver.requests) == 20, 5)

    assert time.monotonic() - started < 2
    assert len(slow.requests) <= 10


def test_an_endpoint_gets_no_more_than_ten_at_once(listen: Listen, slow: StandIn) -> None:
    endpoint, _ = listen(slow.url)
    put(endpoint, 50)
    for _ in range(3):
        sending.send_some()
    settle(lambda: len(slow.requests) == 10)
    time.sleep(0.2)  # what would come too much, comes at once

    assert len(slow.requests) == 10


def test_killed_before_it_was_recorded_it_is_sent_again_with_the_same_id(
    listen: Listen, receiver: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint, _ = listen()
    [id_] = put(endpoint)
    with monkeypatch.context() as killed:
        killed.setattr(Recorder, "put", lambda *_: None)
        sending.send_some()
        settle(lambda: len(receiver.requests) == 1)
        settle(lambda: transport().in_flight() == 0)
    sending.send_due()
    assert len(receiver.requests) == 1  # leased
    time_passes()
    beat()

    assert ids(receiver) == [id_, id_]
    assert only().state == StatusEvent.State.SENT


def test_a_result_that_comes_after_its_lease_does_not_overwrite_the_next_try(
    listen: Listen, receiver: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint, _ = listen()
    put(endpoint)
    kept: list[Any] = []
    with monkeypatch.context() as held:
        held.setattr(Recorder, "put", lambda _, tried: kept.append(tried))
        receiver.answers = [Answer(500)]
        sending.send_some()
        settle(lambda: len(kept) == 1)
    time_passes()
    beat()
    sending.process().recorder.put(kept[0])
    settle(lambda: StatusAttempt.objects.count() == 2)

    assert only().state == StatusEvent.State.SENT


def test_through_a_database_that_fails_once_the_result_is_written(
    listen: Listen, receiver: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint, _ = listen()
    put(endpoint)
    write = writing.write
    failed: list[bool] = []

    def fail_once(verdicts: Any) -> None:
        if not failed:
            failed.append(True)
            raise OperationalError("away")
        write(verdicts)

    monkeypatch.setattr(writing, "write", fail_once)
    beat()

    assert failed
    assert only().state == StatusEvent.State.SENT


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
    sending.send_some()

    start = now() - timedelta(hours=1)
    assert services.events_replay(endpoint=endpoint, since=start, until=now()).events == 0


def test_an_endpoint_whose_secret_cannot_be_read_gets_nothing_unsigned(
    listen: Listen, receiver: StandIn
) -> None:
    endpoint, _ = listen()
    StatusEndpoint.objects.update(secrets=b"\x01garbage")
    put(endpoint)
    beat()

    assert receiver.requests == []
    assert "cannot be read" in StatusAttempt.objects.get().reason


def test_a_stopping_process_hands_back_what_it_has_not_started(
    listen: Listen, slow: StandIn
) -> None:
    slow.always = Answer(hang=0.3)
    endpoint, _ = listen(slow.url)
    put(endpoint, 20)
    sending.send_some()
    settle(lambda: len(slow.requests) > 0)
    outbox.drain()

    sent = StatusEvent.objects.filter(state=StatusEvent.State.SENT).count()
    handed_back = StatusEvent.objects.filter(lease_id=None, attempts=0, tries=0).count()
    assert sent == len(slow.requests) < 20
    assert sent + handed_back == 20


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
