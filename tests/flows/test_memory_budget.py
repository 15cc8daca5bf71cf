"""What is due goes on once a second: urgent first, only while its queue is short, by one sweep."""

from typing import Any

import psycopg2
import pytest
from django.db import connection

from notifications.dispatch import dispatch
from notifications.dispatch import sweep as sweeps
from notifications.dispatch.sweep import sweep
from notifications.models import Delivery
from notifications.statuses import State
from notifyproj.core.clock import now
from tests.flows.conftest import Published
from tests.flows.steps import conserved, make_due, only_delivery, run, send, settled
from tests.providers import StandIn
from tests.world import World


@pytest.fixture
def ada(world: World) -> World:
    world.person("ada", token="a" * 64)
    return world


def fill(monkeypatch: pytest.MonkeyPatch, *full: str) -> None:
    monkeypatch.setattr(dispatch, "backlog", lambda queue: 10**6 if queue in full else 0)


def test_rows_for_a_full_queue_stay_due(
    ada: World, hints: list[Published], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(monkeypatch, "push.normal")
    send(ada, user_id="ada")

    sweep()

    waiting = only_delivery()
    assert (waiting.state, waiting.dispatch_no, hints) == (State.WAITING, 0, [])
    assert waiting.due_at is not None
    assert waiting.due_at <= now()


def test_rows_for_a_full_queue_go_when_it_is_shorter(
    ada: World, hints: list[Published], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(monkeypatch, "push.normal")
    send(ada, user_id="ada")
    fill(monkeypatch)

    sweep()
    run(hints)

    assert settled().state == State.SENT
    conserved()


def test_a_full_queue_holds_up_neither_other_channels_nor_other_lanes(
    ada: World, hints: list[Published], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(monkeypatch, "push.normal")

    send(ada, user_id="ada", channels=["push", "inbox"])
    send(ada, user_id="ada", priority="high")

    assert {hint.queue for hint in hints} == {"inbox.normal", "push.urgent"}


def test_what_is_urgent_is_dispatched_first(ada: World, hints: list[Published]) -> None:
    for priority in ("low", "normal", "high"):
        send(ada, user_id="ada", priority=priority)
    hints.clear()
    make_due()

    sweep()

    assert [hint.queue for hint in hints] == ["push.urgent", "push.normal", "push.bulk"]


def test_each_lane_is_swept_by_its_quota(
    ada: World, hints: list[Published], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "QUOTA", dict.fromkeys(sweeps.QUOTA, 2))
    for _ in range(3):
        send(ada, user_id="ada", priority="low")
    hints.clear()
    make_due()

    sweep()
    first = sum(len(hint.args[0]) for hint in hints)
    sweep()

    assert (first, sum(len(hint.args[0]) for hint in hints)) == (2, 3)


def test_a_second_sweep_at_the_same_time_does_nothing(ada: World, hints: list[Published]) -> None:
    send(ada, user_id="ada")
    hints.clear()
    make_due()
    words: dict[str, Any] = connection.get_connection_params()
    other = psycopg2.connect(**{k: v for k, v in words.items() if k != "cursor_factory"})
    other.cursor().execute("SELECT pg_advisory_xact_lock(%s)", [sweeps.LOCK.number])

    sweep()
    assert hints == []
    other.rollback()
    other.close()

    sweep()
    assert len(hints) == 1


def test_nothing_is_dispatched_before_it_is_due(ada: World, hints: list[Published]) -> None:
    send(ada, user_id="ada")
    hints.clear()

    sweep()

    assert hints == []


def test_a_hint_that_the_broker_lost_is_made_again(
    ada: World, hints: list[Published], provider: StandIn
) -> None:
    send(ada, user_id="ada")
    hints.clear()
    make_due()

    sweep()
    run(hints)

    assert settled().state == State.SENT
    assert len(provider.requests) == 1


def test_what_somebody_has_locked_is_left_for_the_next_second(
    ada: World, hints: list[Published]
) -> None:
    send(ada, user_id="ada")
    hints.clear()
    make_due()
    words: dict[str, Any] = connection.get_connection_params()
    other = psycopg2.connect(**{k: v for k, v in words.items() if k != "cursor_factory"})
    other.cursor().execute("SELECT FROM delivery FOR UPDATE")

    sweep()
    assert hints == []
    other.rollback()
    other.close()

    sweep()
    assert len(hints) == Delivery.objects.count() == 1
