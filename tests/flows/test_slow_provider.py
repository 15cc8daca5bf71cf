"""A provider that answers everything, one at a time: fewer are in flight, and none times out."""

import threading
import time
from collections import Counter

import pytest

from channels.base import OutcomeKind
from notifications.dispatch.sweep import sweep
from notifications.models import Attempt
from tests.flows.conftest import all_final, settle
from tests.flows.steps import conserved, send
from tests.providers import Answer, StandIn
from tests.world import World

PEOPLE = 40
EACH = 0.1  # seconds; together twice the time limit of an urgent push


@pytest.fixture
def serial(world: World, provider: StandIn, monkeypatch: pytest.MonkeyPatch) -> World:
    at_work = threading.Lock()

    def work(seconds: float) -> None:
        with at_work:
            time.sleep(seconds)

    monkeypatch.setattr(provider, "wait", work)
    provider.always = Answer(hang=EACH)
    for n in range(PEOPLE):
        world.person(f"person-{n}", token=f"{n:064x}")
    return world


def test_all_of_it_is_sent_once(serial: World, provider: StandIn) -> None:
    names = [f"person-{n}" for n in range(PEOPLE)]
    first, others = names[:8], names[8:]
    send(serial, user_ids=first, channels=["push"], priority="high")
    settle(lambda: Attempt.objects.count() == len(first))  # its pace is known from here on
    send(serial, user_ids=others, channels=["push"], priority="high")

    settle(swept, 40)

    outcomes = Counter(Attempt.objects.values_list("outcome", flat=True))
    assert outcomes == {OutcomeKind.ACCEPTED.value: PEOPLE}
    assert set(provider.counts().values()) == {1}
    conserved()


def swept() -> bool:
    sweep()
    return all_final()
