"""Events reach their endpoint by the same id and bytes; none waits for another endpoint's."""

import time
from datetime import timedelta

import pytest
from standardwebhooks import WebhookVerificationError

from notifications.status_events import services
from notifications.status_events.models import StatusAttempt, StatusEvent
from notifications.status_events.send import send
from notifyproj.core.clock import now
from tests.channels.peers import refusing
from tests.flows.conftest import settle
from tests.flows.status_events.conftest import (
    Listen,
    beat,
    next_second,
    only,
    put,
    time_passes,
    verified,
)
from tests.providers import Answer, StandIn


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
    send.send_some()
    started = time.monotonic()
    put(quick, 20)
    send.send_some()
    settle(lambda: len(receiver.requests) == 20, 5)

    assert time.monotonic() - started < 2
    assert len(slow.requests) <= 10


def test_an_endpoint_gets_no_more_than_ten_at_once(listen: Listen, slow: StandIn) -> None:
    """It has to answer some before it is asked for as many."""
    endpoint, _ = listen(slow.url)
    slow.answers = [Answer()] * 12
    put(endpoint, 50)

    def arrived() -> bool:
        send.send_some()
        return len(slow.requests) >= 22

    settle(arrived)
    time.sleep(0.2)  # what would come too much, comes at once

    assert len(slow.requests) == 22
