"""The processes that send are killed, stopped, and asked to end."""

from channels.transport.http_clients import MAX_HTTP1
from tests.survival.blast import Blast
from tests.survival.running import Platform, kill, lives, poll
from tests.survival.servers import Servers

LONGEST_END = 10.0  # seconds from SIGTERM


def test_a_killed_child_of_the_bulk_worker_loses_nothing(blast: Blast, platform: Platform) -> None:
    blast.wait_for(0.3)
    kill(platform.children("bulk")[0])
    in_flight = blast.leased()
    blast.over()

    blast.check(in_flight)


def test_a_killed_bulk_worker_loses_nothing(blast: Blast, platform: Platform) -> None:
    blast.wait_for(0.3)
    children = platform.children("bulk")
    kill(platform.main("bulk"))
    poll(lambda: not any(map(lives, children)), 10, "its children have ended")
    in_flight = blast.leased()
    blast.over()

    blast.check(in_flight)


def test_a_recorder_killed_between_answer_and_record_repeats_only_what_it_had(
    blast: Blast, platform: Platform, servers: Servers
) -> None:
    blast.wait_for(0.3)
    with servers.no_records():
        answered = blast.arrived()
        poll(lambda: blast.arrived() >= answered + 200, 20, "answers nobody could record")
        kill(*platform.children("bulk"))
        in_flight = blast.leased()
    blast.over()

    blast.check(in_flight)
    assert blast.repeated()


def test_a_stopped_worker_that_goes_on_after_its_lease_overwrites_nothing(
    blast: Blast, platform: Platform, servers: Servers
) -> None:
    """Also when it was stopped inside a transaction, with its rows locked."""
    blast.wait_for(0.3)
    child = platform.children("bulk")[0]
    with servers.no_records():
        poll(lambda: blast.waiting_recorders() >= 2, 20, "both recorders are in a transaction")
        child.suspend()
    try:
        in_flight = blast.leased()
        blast.over()
        blast.check(in_flight)
        rows, arrived = blast.books(), blast.arrivals()
    finally:
        child.resume()
    poll(blast.has_late_attempts, 20, "it wrote down its old answers")

    assert blast.books() == rows
    # What it had handed to its client may still have left, each on a connection that was free.
    late = blast.arrivals() - arrived
    assert set(late) <= in_flight
    assert late.total() <= MAX_HTTP1


def test_a_bulk_worker_asked_to_end_does_so_in_time_and_sends_nothing_twice(
    blast: Blast, platform: Platform
) -> None:
    blast.wait_for(0.3)
    worker = platform.main("bulk")
    children = worker.children()
    worker.terminate()
    poll(lambda: not any(map(lives, [worker, *children])), LONGEST_END, "it has ended")
    blast.over()

    blast.check()
