"""What `make run` started is killed, one after the other and all at once."""

from collections.abc import Iterator
from contextlib import suppress

import psutil
import pytest

from notifyproj.launch.answers import answers
from notifyproj.launch.system import leftovers
from tests.notifyproj.launch.started import Started, alive, start, title_of, wait_for

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def started() -> Iterator[Started]:
    yield from start()


@pytest.mark.parametrize("title", ["urgent@", "granian rsgi", "celery beat"])
def test_a_killed_process_is_back_within_seconds(started: Started, title: str) -> None:
    wait_for(lambda: started.find(title))
    before = {each.pid for each in started.marked()}
    started.find(title).kill()
    wait_for(lambda: another(started, title, before), seconds=10)


def another(started: Started, title: str, before: set[int]) -> bool:
    """By pid: the time a process began may be a second off, as boot's is known by the second."""
    young = [each for each in started.marked() if each.pid not in before]
    return any(title in title_of(each) for each in young if alive(each))


def test_the_children_of_a_killed_worker_do_not_live_on(started: Started) -> None:
    wait_for(lambda: len(pool(started)) >= 1)
    children = {child.pid for child in pool(started)}
    started.find("bulk@").kill()
    wait_for(lambda: not children & {child.pid for child in pool(started)}, seconds=10)


def pool(started: Started) -> list[psutil.Process]:
    return [each for each in started.marked() if alive(each) and "ForkPoolWorker" in title_of(each)]


def test_a_killed_postgres_is_started_again(started: Started) -> None:
    for server in leftovers.working_in(started.var / "postgres", "postgres"):
        with suppress(psutil.NoSuchProcess):  # its children end with the first one
            server.kill()
    wait_for(lambda: answers(started.port, "/health/ready"), seconds=20)


def test_a_killed_supervisord_is_started_again(started: Started) -> None:
    started.find("notify: supervisord").kill()
    wait_for(lambda: not answers(started.port, "/health/live"), seconds=10)
    wait_for(lambda: answers(started.port, "/health/ready"), seconds=20)


def test_after_a_kill_of_everything_it_starts_again(started: Started) -> None:
    started.kill_all()
    started.start()
    wait_for(started.is_up)
    assert answers(started.port, "/health/ready")


def test_after_a_kill_of_the_launcher_alone_nothing_lives_on(started: Started) -> None:
    started.process.kill()
    started.process.wait()
    wait_for(lambda: not started.marked() and not started.servers(), seconds=15)
    started.start()
    wait_for(started.is_up)
