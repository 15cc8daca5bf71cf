"""Counters of everything that happens to a message; each equal to a recount (see `conserved`)."""

from datetime import timedelta
from typing import Any

import pytest

from channels.base import Outcome, OutcomeKind
from notifications.analytics import recount
from notifications.analytics import repair as repairing
from notifications.analytics.repair import check, repair
from notifications.counters import table as counters
from notifications.counters.cells import COST, CREATED, LATENCY, OUTCOME, Cell
from notifications.dispatch.claim import Claimed, claim
from notifications.models import Attempt, Counter, CounterDelta, Delivery
from notifications.record import write as recording
from notifications.record.outcomes import Change, Finished
from notifications.statuses import ProviderOutcome, State
from notifyproj.core.clock import now
from tests.flows.conftest import Published, settle
from tests.flows.steps import conserved, go_on, send, somebody_waits_for_a_lock
from tests.flows.threads import at_once
from tests.world import World


@pytest.fixture
def row(world: World, hints: list[Published]) -> Claimed:
    """A delivery that a worker has."""
    world.person("ada", token="a" * 64)
    send(world, user_id="ada")
    return claim(*hints.pop().args)[0]


def taken(row: Claimed, kind: OutcomeKind = OutcomeKind.DELIVERED) -> Finished:
    """By account 5, 250 ms after it could go, for 600 millionths."""
    assert row.ready_at is not None
    started_at = row.ready_at + timedelta(milliseconds=50)
    return Finished(
        row=row,
        account_id=5,
        outcome=Outcome(kind),
        result=None,
        started_at=started_at,
        duration=0.2,
        cost_micros=600,
    )


def sent(row: Claimed) -> Change:
    done = taken(row)
    outcome = ProviderOutcome.DELIVERED
    return Change(row, State.SENT, account_id=5, outcome=outcome, attempts=1, finished=done)


def counted() -> dict[int, int]:
    """By measure."""
    found: dict[int, int] = {}
    for cell, n in recount.counted(now().date()).items():
        found[cell.measure] = found.get(cell.measure, 0) + n
    return found


def test_a_message_is_counted_with_its_word_its_time_and_its_cost(row: Claimed) -> None:
    recording.write([sent(row)])

    delivered = OUTCOME + ProviderOutcome.DELIVERED
    normal_200_to_350 = LATENCY + 100 + 11
    expected = {CREATED: 1, State.SENT: 1, delivered: 1, normal_200_to_350: 1, COST: 600}
    assert counted() == expected
    conserved()


def test_written_twice_it_is_counted_once(row: Claimed) -> None:
    """The commit was done, and its answer lost."""
    recording.write([sent(row)])
    before = counted()

    recording.write([sent(row)])

    assert counted() == before


def test_a_late_answer_costs_though_the_row_is_somebody_elses(row: Claimed) -> None:
    Delivery.objects.update(lease_id=row.lease + 1)

    recording.write([sent(row)])

    assert counted()[COST] == 600
    assert State.SENT not in counted()
    conserved()


def test_a_death_between_sending_and_recording_leaves_the_counts_right(
    row: Claimed, hints: list[Published]
) -> None:
    Delivery.objects.update(due_at=now())
    go_on()
    again = claim(*hints.pop().args)[0]

    recording.write([sent(again)])
    recording.write([sent(row)])  # it was not dead after all, only slow

    assert Attempt.objects.count() == 2
    assert counted()[State.SENT] == 1
    conserved()


def test_a_failure_is_counted_by_its_reason(row: Claimed) -> None:
    recording.write([Change(row, State.FAILED, "BadDeviceToken", account_id=5)])

    failed = CounterDelta.objects.get(measure=State.FAILED)
    assert (failed.reason, failed.account_id) == ("BadDeviceToken", 5)
    conserved()


def test_what_is_declined_after_a_try_is_counted_at_its_account(row: Claimed) -> None:
    Delivery.objects.update(account_id=5)

    recording.write([Change(row._replace(account_id=5), State.SKIPPED, "opted_out")])

    assert CounterDelta.objects.get(measure=State.SKIPPED).account_id == 5
    conserved()


def test_a_check_finds_what_is_missing_and_what_is_too_much(row: Claimed) -> None:
    recording.write([sent(row)])
    CounterDelta.objects.filter(measure=CREATED).delete()
    CounterDelta.objects.filter(measure=State.SENT).update(n=3)

    lacking = {cell.measure: n for cell, n in check(now().date()).items()}

    assert lacking == {CREATED: 1, State.SENT: -2}


def test_a_repair_puts_it_right_and_says_what(row: Claimed) -> None:
    recording.write([sent(row)])
    CounterDelta.objects.filter(measure=CREATED).delete()
    counters.fold()
    Counter.objects.filter(measure=COST).update(n=1)

    repaired = {cell.measure: n for cell, n in repair(now().date()).items()}

    assert repaired == {CREATED: 1, COST: 599}
    conserved()


def test_a_check_of_one_arm_leaves_the_others_alone(row: Claimed) -> None:
    Delivery.objects.update(arm_id=7)

    assert {cell.arm_id for cell in check(now().date(), 7)} == {7}
    assert check(now().date(), 8) == {}


def test_what_others_commit_during_a_check_is_on_neither_side(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = recount.counted

    def and_then_somebody_sends(*args: Any) -> recount.Tally:
        at_once(lambda: send(world, user_ids=["nobody"]))
        return count(*args)

    monkeypatch.setattr(recount, "counted", and_then_somebody_sends)

    assert check(now().date()) == {}
    assert Delivery.objects.count() == 1


def test_of_two_repairs_at_once_the_second_finds_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    counters.add(
        [
            Cell(
                hour=int(now().timestamp()) // 3600,
                arm_id=0,
                type_id=world.type.pk,
                channel="push",
                account_id=0,
                measure=CREATED,
            )
        ]
    )
    real, found = recount.difference, []

    def slowly(*args: Any) -> recount.Tally:
        found.append(real(*args))
        if len(found) == 1:
            settle(somebody_waits_for_a_lock)
        return found[-1]

    monkeypatch.setattr(repairing, "difference", slowly)

    at_once(*[lambda: repair(now().date())] * 2)

    assert [len(each) for each in found] == [1, 0]
    conserved()


def test_repairs_under_traffic_are_exact(world: World) -> None:
    counters.add(
        [
            Cell(
                hour=int(now().timestamp()) // 3600,
                arm_id=0,
                type_id=world.type.pk,
                channel="push",
                account_id=0,
                measure=CREATED,
            )
        ]
        * 7
    )
    today = now().date()

    def traffic() -> None:
        for _ in range(15):
            send(world, user_ids=["nobody"])
            counters.fold()

    def repairs() -> None:
        for _ in range(8):
            repair(today)

    at_once(traffic, traffic, repairs, repairs)

    assert Delivery.objects.count() == 30
    conserved()
