"""At least once: killed, late, without a database, or stopping."""

from collections import Counter
from typing import Any

import pytest
from django.db import OperationalError

from channels.transport.loop import transport
from notifications.deliver import worker
from notifications.status_events.models import StatusAttempt, StatusEndpoint, StatusEvent
from notifications.status_events.send import send
from notifications.status_events.send import write as writing
from notifications.status_events.send.recorder import Recorder
from tests.flows.conftest import settle
from tests.flows.status_events.conftest import (
    Listen,
    beat,
    ids,
    only,
    put,
    time_passes,
)
from tests.providers import Answer, StandIn


def test_killed_before_it_was_recorded_it_is_sent_again_with_the_same_id(
    listen: Listen, receiver: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint, _ = listen()
    [id_] = put(endpoint)
    with monkeypatch.context() as killed:
        killed.setattr(Recorder, "put", lambda *_: None)
        send.send_some()
        settle(lambda: len(receiver.requests) == 1)
        settle(lambda: transport().in_flight() == 0)
    send.send_due()
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
        send.send_some()
        settle(lambda: len(kept) == 1)
    time_passes()
    beat()
    send.process().recorder.put(kept[0])
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
    send.send_some()
    settle(lambda: len(slow.requests) > 0)
    worker.drain()

    rows = StatusEvent.objects.values_list("state", "attempts", "tries", "lease_id")
    found = Counter(rows)
    sent = len(slow.requests)
    assert found == {(StatusEvent.State.SENT, 1, 1, None): sent} | {
        (StatusEvent.State.WAITING, 0, 0, None): 20 - sent
    }
    assert 0 < sent < 20
