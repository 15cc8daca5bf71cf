"""Providers that take a message and never say so."""

import time
from collections import Counter

import pytest

from tests.reliability.blast import Blast
from tests.reliability.conftest import SCALE, Figures
from tests.reliability.people import first_people
from tests.reliability.providers import Providers, taken
from tests.survival.running import Platform
from tests.world import World, forget_all

MESSAGES = min(10_000, SCALE.people)
UNANSWERED = 0.2
TYPES_SEEN = 2.5  # seconds: the processes look at the types every two
SENT, UNKNOWN = "sent", "uncertain (no_answer)"


@pytest.fixture
def silent(whole: Platform, providers: Providers) -> Providers:
    """A fifth of what either account takes is never answered."""
    providers.behave("a", "b", unanswered=UNANSWERED)
    return providers


def test_what_was_not_answered_is_sent_once_more_where_the_type_says_so(
    silent: Providers, world: World, figures: Figures
) -> None:
    blast, seen = _blast(silent, world, "resend", {SENT, UNKNOWN})

    states, repeated = blast.states(), _repeated(seen)
    figures(messages=MESSAGES, repeated=repeated, states=dict(states))
    assert set(seen) == blast.ids()
    assert max(seen.values()) == 2
    assert states[SENT] + states[UNKNOWN] == MESSAGES


def test_a_push_waits_for_no_receipt_though_its_type_would(
    silent: Providers, world: World, figures: Figures
) -> None:
    blast, seen = _blast(silent, world, "wait", {SENT, UNKNOWN})

    states = blast.states()
    figures(messages=MESSAGES, repeated=_repeated(seen), states=dict(states))
    assert set(seen) == blast.ids()
    assert states[SENT] + states[UNKNOWN] == MESSAGES


def _blast(
    providers: Providers, world: World, policy: str, ends: set[str]
) -> tuple[Blast, Counter[str]]:
    world.type.on_uncertain = policy
    world.type.save()
    forget_all()
    time.sleep(TYPES_SEEN)
    mark = providers.mark()
    blast = Blast(world.type, world.service.pk, people=first_people(MESSAGES))
    blast.until(lambda: _ended(blast, ends), 180, f"all of it is {ends}")
    return blast, taken(providers.since(mark))


def _ended(blast: Blast, ends: set[str]) -> bool:
    states = blast.states()
    return states.total() == MESSAGES and set(states) <= ends


def _repeated(seen: Counter[str]) -> int:
    return sum(n - 1 for n in seen.values())
