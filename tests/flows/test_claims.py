"""Who may send a row, when workers race, crash and stop."""

from collections import Counter

import pytest

from channels.transport.loop import transport
from notifications.deliver import deliver, worker
from notifications.dispatch.claim import claim
from notifications.dispatch.sweep import sweep
from notifications.models import Attempt, Delivery
from notifications.statuses import State
from notifyproj.core.clock import now
from tests.flows.conftest import Published, settle
from tests.flows.steps import (
    conserved,
    go_on,
    now_due,
    only_delivery,
    recorded,
    run,
    send,
    settled,
)
from tests.flows.threads import at_once
from tests.providers import Answer, StandIn
from tests.world import World


@pytest.fixture
def ada(world: World) -> World:
    world.person("ada", token="a" * 64)
    return world


def test_of_two_claims_of_one_hint_one_wins(ada: World, hints: list[Published]) -> None:
    send(ada, user_id="ada")
    ids, numbers = hints[0].args

    won = at_once(*[lambda: len(claim(ids, numbers))] * 4)

    assert sorted(won) == [0, 0, 0, 1]


def test_a_stale_hint_claims_nothing(ada: World, hints: list[Published]) -> None:
    send(ada, user_id="ada")
    stale = hints.pop()
    go_on()

    assert claim(*stale.args) == []
    assert len(claim(*hints[0].args)) == 1


def test_a_hint_that_is_delivered_twice_does_not_shorten_the_wait_for_a_retry(
    ada: World, hints: list[Published], provider: StandIn
) -> None:
    provider.answers = [Answer(500, {"reason": "InternalServerError"})]
    send(ada, user_id="ada")
    twice = [hints[0], hints[0]]
    run(hints)
    recorded()

    run(twice)

    assert only_delivery().state == State.WAITING
    assert len(provider.requests) == 1


def test_a_hint_of_rows_that_are_gone_does_nothing(ada: World, hints: list[Published]) -> None:
    send(ada, user_id="ada")
    Delivery.objects.all().delete()

    run(hints)

    assert not Attempt.objects.exists()


def test_a_row_whose_worker_died_is_sent_again(
    ada: World, hints: list[Published], provider: StandIn
) -> None:
    send(ada, user_id="ada")
    claim(*hints.pop().args)

    go_on()
    run(hints)

    delivery = settled()
    assert (delivery.state, delivery.claims) == (State.SENT, 2)
    assert provider.counts() == {str(delivery.pk): 1}
    conserved()


def test_a_lease_that_still_holds_is_left_alone(ada: World, hints: list[Published]) -> None:
    send(ada, user_id="ada")
    claim(*hints.pop().args)

    sweep()

    assert only_delivery().state == State.LEASED
    assert hints == []


def crash(times: int) -> None:
    now_due(state=State.LEASED, lease_id=1, crashes=times - 1)
    sweep()


def test_after_three_crashes_a_row_goes_alone(ada: World, hints: list[Published]) -> None:
    ada.person("bob", token="b" * 64)
    send(ada, user_ids=["ada", "bob"])
    sizes = []
    for times in (1, 2, 3):
        hints.clear()
        crash(times)
        sizes.append([len(hint.args[0]) for hint in hints])

    assert sizes == [[2], [2], [1, 1]]


def test_after_five_crashes_a_row_is_given_up(ada: World, hints: list[Published]) -> None:
    send(ada, user_id="ada")
    hints.clear()

    crash(5)

    delivery = only_delivery()
    assert (delivery.state, delivery.reason) == (State.FAILED, "worker_crashed")
    assert hints == []
    conserved()


def test_a_try_that_ends_well_or_badly_forgets_the_crashes_before(
    ada: World, hints: list[Published], provider: StandIn
) -> None:
    provider.answers = [Answer(500, {"reason": "InternalServerError"})]
    send(ada, user_id="ada")
    crash(4)
    run(hints)

    assert recorded().crashes == 0


def test_a_worker_that_stops_hands_its_hint_back(
    ada: World, hints: list[Published], provider: StandIn
) -> None:
    send(ada, user_id="ada")
    deliver.stop_starting()

    run(hints)

    waiting = only_delivery()
    assert (waiting.state, waiting.claims) == (State.WAITING, 0)
    assert waiting.due_at is not None
    assert waiting.due_at <= now()
    worker.forget()
    sweep()
    run(hints)
    assert settled().state == State.SENT


def test_a_process_with_no_room_left_hands_its_hint_back(
    ada: World, hints: list[Published], monkeypatch: pytest.MonkeyPatch
) -> None:
    send(ada, user_id="ada")
    monkeypatch.setattr(transport(), "wait_for_room", lambda *_: False)

    run(hints)

    waiting = only_delivery()
    assert (waiting.state, waiting.claims) == (State.WAITING, 0)
    assert waiting.due_at is not None
    assert (waiting.due_at - now()).total_seconds() < 1.5


def test_a_draining_worker_finishes_what_is_in_flight(ada: World, provider: StandIn) -> None:
    provider.answers = [Answer(hang=0.3)]
    send(ada, user_id="ada")
    settle(lambda: len(provider.requests) == 1)

    worker.drain()

    assert only_delivery().state == State.SENT
    conserved()


def test_each_row_reaches_the_provider_once_however_many_workers_get_its_hint(
    ada: World, hints: list[Published], provider: StandIn
) -> None:
    for n in range(5):
        ada.person(f"p{n}", token=f"{n}" * 64)
    send(ada, user_ids=[f"p{n}" for n in range(5)])
    hint = hints.pop()

    at_once(*[lambda: run([hint])] * 3)

    settled()
    assert provider.counts() == Counter(str(d.pk) for d in Delivery.objects.all())
    conserved()
