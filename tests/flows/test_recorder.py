"""What providers answered is written down, whatever the database does meanwhile."""

import threading
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from django.db import OperationalError, connection

from notifications.dispatch.claim import Claimed, claim
from notifications.models import Attempt, Delivery
from notifications.record import attempts as attempt_rows
from notifications.record import dead_addresses
from notifications.record import recorder as module
from notifications.record import write as recording
from notifications.record.attempts import Tried
from notifications.record.outcomes import Change, Finished
from notifications.record.recorder import Recorder
from notifications.statuses import State
from notifyproj.core.clock import now
from preferences.models import ContactPoint
from tests.flows.conftest import Published, settle
from tests.flows.steps import conserved, recorded, send, settled, somebody_waits_for_a_lock
from tests.providers import Answer, StandIn
from tests.world import World


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0.01)


@pytest.fixture
def rows(world: World, hints: list[Published]) -> list[Claimed]:
    """Five claimed deliveries."""
    names = [f"p{n}" for n in range(5)]
    for n, name in enumerate(names):
        world.person(name, token=f"{n}" * 64)
    send(world, user_ids=names)
    return claim(*hints[0].args)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    made = Recorder()
    yield made
    made.stop(5)


def own_connection() -> Any:
    """A connection beside Django's."""
    words: dict[str, Any] = connection.get_connection_params()
    return psycopg2.connect(**{k: v for k, v in words.items() if k != "cursor_factory"})


def sent(rows: list[Claimed]) -> list[Change]:
    return [Change(row, State.SENT) for row in rows]


def test_a_broken_connection_is_made_anew(rows: list[Claimed], recorder: Recorder) -> None:
    recorder.put(sent(rows)[0])
    settle(lambda: Delivery.objects.filter(state=State.SENT).count() == 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        assert cursor.fetchone()[0] >= 1

    for change in sent(rows)[1:]:
        recorder.put(change)

    settled()
    conserved()


def test_a_connection_lost_in_the_middle_of_writing_loses_nothing(
    rows: list[Claimed], recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = attempt_rows.insert_attempts
    lost: list[bool] = []

    def lose_it(tries: list[Finished]) -> list[Tried]:
        tried = insert(tries)
        if not lost:
            lost.append(True)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return tried

    monkeypatch.setattr(recording, "insert_attempts", lose_it)

    for change in sent(rows):
        recorder.put(change)

    settled()
    assert lost
    conserved()


def test_a_deadlock_is_tried_again(rows: list[Claimed], recorder: Recorder) -> None:
    """Another session locks rows in the opposite order."""
    ids = sorted(row.id for row in rows)
    first, last = ids[0], ids[-1]
    other = own_connection()
    with other.cursor() as cursor:
        cursor.execute("SET deadlock_timeout = '10s'")  # so that it is not the other that loses
        cursor.execute("SELECT FROM delivery WHERE id = %s FOR UPDATE", [last])
        for change in sent(rows):
            recorder.put(change)
        settle(somebody_waits_for_a_lock)
        cursor.execute("SELECT FROM delivery WHERE id = %s FOR UPDATE", [first])
        other.rollback()
    other.close()

    settled()
    conserved()


def test_a_database_that_is_away_for_a_while_is_waited_for(
    rows: list[Claimed], recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, failures = recording.write, iter(range(5))

    def away(changes: list[Change]) -> None:
        if next(failures, None) is not None:
            raise OperationalError("could not connect")
        write(changes)

    monkeypatch.setattr(recording, "write", away)

    for change in sent(rows):
        recorder.put(change)

    settled()
    conserved()


def test_after_the_leases_it_gives_up_and_goes_on(
    rows: list[Claimed], recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEASE_SECONDS", -1)
    write, refuse = recording.write, [True]

    def away(changes: list[Change]) -> None:
        if refuse:
            refuse.pop()
            raise OperationalError("could not connect")
        write(changes)

    monkeypatch.setattr(recording, "write", away)
    recorder.put(sent(rows)[0])
    settle(lambda: not refuse)

    recorder.put(sent(rows)[1])

    settle(Delivery.objects.filter(state=State.SENT).exists)


def test_one_result_that_cannot_be_written_does_not_take_the_others_with_it(
    rows: list[Claimed], recorder: Recorder
) -> None:
    changes = [*sent(rows[:4]), Change(rows[4], State.FAILED, "x" * 65)]  # one letter too many

    for change in changes:
        recorder.put(change)

    settle(lambda: Delivery.objects.filter(state=State.SENT).count() == 4)
    assert Delivery.objects.get(pk=rows[4].id).state == State.LEASED


def test_an_unexpected_error_does_not_end_the_recorder(
    rows: list[Claimed], recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, broken = recording.write, [True]

    def bug(changes: list[Change]) -> None:
        if broken:
            broken.pop()
            raise UnicodeEncodeError("utf-8", "", 0, 1, "surrogates not allowed")
        write(changes)

    monkeypatch.setattr(recording, "write", bug)

    recorder.put(sent(rows)[0])
    settle(lambda: not broken)
    recorder.put(sent(rows)[1])

    settle(Delivery.objects.filter(state=State.SENT).exists)


def test_writing_the_same_twice_changes_nothing(rows: list[Claimed]) -> None:
    recording.write(sent(rows))
    recording.write(sent(rows))

    assert Delivery.objects.filter(state=State.SENT).count() == 5
    conserved()


def test_a_lease_that_was_lost_writes_no_state(rows: list[Claimed]) -> None:
    Delivery.objects.update(lease_id=1)

    recording.write(sent(rows))

    assert set(Delivery.objects.values_list("state", flat=True)) == {State.LEASED}
    conserved()


def test_a_token_registered_anew_while_its_death_was_told_stays(
    world: World, provider: StandIn
) -> None:
    world.person("ada", token="a" * 64)
    provider.answers = [Answer(400, {"reason": "BadDeviceToken"}, hang=0.3)]
    send(world, user_id="ada")
    settle(lambda: len(provider.requests) == 1)
    ContactPoint.objects.update(registered_at=now())

    settled()

    dead_addresses.fold(now() + 2 * dead_addresses.WAIT)
    assert ContactPoint.objects.get().active


def test_stopping_writes_what_is_there(rows: list[Claimed], recorder: Recorder) -> None:
    for change in sent(rows):
        recorder.put(change)

    assert recorder.stop(5)

    assert Delivery.objects.filter(state=State.SENT).count() == 5
    assert "recorder" not in {thread.name for thread in threading.enumerate()}


def test_an_answer_with_odd_characters_is_kept_readable(world: World, provider: StandIn) -> None:
    world.person("ada", token="a" * 64)
    provider.answers = [Answer(500, {"reason": 'A\u0000B \ud800 "quoted" \\ {1,2}'})]

    send(world, user_id="ada")

    recorded()
    excerpt = Attempt.objects.get().response_excerpt
    assert "quoted" in excerpt
    assert excerpt.isprintable()
