"""Where requests come one by one, hints of what is not urgent leave together."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from channels.base import Lane
from notifications.dispatch import dispatch, hint_buffer
from notifications.dispatch.dispatch import Due
from notifyproj.core.clock import milliseconds, now
from notifyproj.core.ids import uuid7

Hints = list[list[str]]


@pytest.fixture
def hints(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hints]:
    """The ids of each hint that left."""
    left: Hints = []

    def send(task: str, queue: str, args: Any) -> bool:
        left.append(args[0])
        return True

    monkeypatch.setattr(dispatch, "_send", send)
    hint_buffer.start()
    yield left
    hint_buffer.stop()


def due(lane: Lane = Lane.BULK) -> Due:
    return Due(
        id=str(uuid7(milliseconds(now()))), dispatch_no=1, channel="push", lane=lane, app_id=1
    )


def soon(done: Callable[[], object]) -> bool:
    give_up = time.monotonic() + 2
    while not done() and time.monotonic() < give_up:
        time.sleep(0.01)
    return bool(done())


@pytest.mark.django_db
def test_those_of_a_moment_leave_in_one_hint(hints: Hints) -> None:
    rows = [due() for _ in range(5)]
    for row in rows:
        hint_buffer.publish([row])

    assert hints == []
    assert soon(lambda: hints)
    assert hints == [[row.id for row in rows]]


@pytest.mark.django_db
def test_an_urgent_one_leaves_at_once(hints: Hints) -> None:
    row = due(Lane.URGENT)
    hint_buffer.publish([due(), row])

    assert hints == [[row.id]]


@pytest.mark.django_db
def test_a_process_that_ends_lets_them_go(hints: Hints) -> None:
    row = due(Lane.NORMAL)
    hint_buffer.publish([row])
    hint_buffer.stop()

    assert hints == [[row.id]]


@pytest.mark.django_db
def test_elsewhere_nothing_waits(hints: Hints) -> None:
    hint_buffer.stop()
    row = due()
    hint_buffer.publish([row])

    assert hints == [[row.id]]
