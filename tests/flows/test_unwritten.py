"""What was sent and is not written down yet would be sent again after a crash: it is bounded."""

import threading

import pytest

from notifications.deliver import deliver
from notifications.models import Delivery
from notifications.record import recorder
from notifications.record import write as recording
from notifications.statuses import State
from tests.flows.conftest import Published, settle
from tests.flows.steps import run, send
from tests.providers import StandIn
from tests.world import World


@pytest.fixture
def slow_writing(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Nothing is written until the event; one unwritten result is too much."""
    go_on = threading.Event()
    write = recording.write
    monkeypatch.setattr(recorder, "MOST_UNWRITTEN", 0)
    monkeypatch.setattr(deliver, "WAIT_FOR_ROOM", 0.05)
    monkeypatch.setattr(recording, "write", lambda rows: go_on.wait(10) and write(rows))
    return go_on


def test_nothing_is_claimed_while_too_much_is_unwritten(
    world: World, hints: list[Published], provider: StandIn, slow_writing: threading.Event
) -> None:
    world.person("ada", token="a" * 64)
    world.person("bob", token="b" * 64)
    send(world, user_id="ada")
    run(hints)
    settle(lambda: not recorder.recorder().wait_until_written(0))

    answer = send(world, user_id="bob")
    run(hints)

    assert answer.body is not None
    waiting = Delivery.objects.get(notification_id=answer.body.id)
    slow_writing.set()
    assert (waiting.state, waiting.claims) == (State.WAITING, 0)
    assert len(provider.requests) == 1
    settle(lambda: recorder.recorder().wait_until_written(0))
