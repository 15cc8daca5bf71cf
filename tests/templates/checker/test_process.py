"""The process in which people's text is read: it may crash or hang, and nobody else does."""

import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import psutil
import pytest

from templates.build.files import NotReadable
from templates.checker import child, jobs, pool, process
from templates.checker.process import Checker, Failed, Gone
from templates.review.examine import Draft

DRAFT = Draft("order", "message", {"sms": {"default": {"body": "Hello {{ name }}"}}})
JOB = jobs.encode(jobs.Examine(DRAFT, {}))


@pytest.fixture
def checker() -> Iterator[Checker]:
    made = Checker()
    yield made
    made.end()


@pytest.fixture
def anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A pool of this test's own."""
    made = pool._Pool()
    monkeypatch.setattr(pool, "_pool", made)
    yield
    for each in made.all:
        each.end()


def _review(answer: bytes) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(answer)
    return found


def test_a_draft_is_read_there(checker: Checker) -> None:
    assert _review(checker.ask(JOB))["variables"] == ["name"]
    assert _review(checker.ask(JOB))["problems"] == []


def test_it_sees_no_secret(checker: Checker) -> None:
    with open(f"/proc/{checker.process.pid}/environ", "rb") as held:
        names = {entry.partition(b"=")[0] for entry in held.read().split(b"\0") if entry}
    assert names <= {b"PYTHONPATH", b"LANG"}


@pytest.mark.usefixtures("anew")
def test_a_crash_is_a_problem_of_the_field_that_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    made = pool._pool._started()
    pool._pool.idle.append(made)
    ask = made.ask

    def killed(job: bytes) -> bytes:
        os.kill(made.process.pid, signal.SIGSEGV)
        made.process.wait()
        made.process.poll = lambda: None  # type: ignore[method-assign]  # it dies while it reads
        return ask(job)

    monkeypatch.setattr(made, "ask", killed)
    found = pool.examine(DRAFT, {})
    assert [problem.heavy for problem in found.problems] == [True]
    assert "too large or nested too deeply to check" in found.problems[0].message
    assert pool.examine(DRAFT, {}).problems == []  # by another one


def _wait_for_stop(checker: Checker) -> None:
    """One thread takes the signal, and another may answer before it does."""
    standing, deadline = {psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE}, time.monotonic() + 10
    while psutil.Process(checker.process.pid).status() not in standing:
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.usefixtures("anew")
@pytest.mark.parametrize("stops", [signal.SIGSTOP, signal.SIGKILL])
def test_one_that_stands_still_or_is_killed_is_replaced(
    monkeypatch: pytest.MonkeyPatch, stops: signal.Signals
) -> None:
    assert pool.examine(DRAFT, {}).problems == []
    monkeypatch.setattr(process, "JOB_SECONDS", 0.5)
    (first,) = pool._pool.all
    os.kill(first.process.pid, stops)
    _wait_for_stop(first)
    pool.examine(DRAFT, {})
    monkeypatch.undo()
    assert first.process.wait(5) != 0
    assert pool.examine(DRAFT, {}).problems == []


def test_what_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "JOB_SECONDS", 0.0)
    made = Checker()
    with pytest.raises(Failed):
        made.ask(JOB)
    assert made.process.returncode is not None


def test_its_limits_are_in_force(checker: Checker) -> None:
    """CPU counts from each job on."""
    checker.ask(JOB)
    pid = checker.process.pid
    assert resource.prlimit(pid, resource.RLIMIT_AS) == (child.MEMORY, child.MEMORY)
    assert resource.prlimit(pid, resource.RLIMIT_CORE) == (0, 0)
    assert 0 < resource.prlimit(pid, resource.RLIMIT_CPU)[0] <= child.CPU_SECONDS + 5


@pytest.mark.usefixtures("anew")
def test_what_no_checker_takes_is_refused_unread() -> None:
    parts = {"sms": {"default": {"body": "x" * (pool.LARGEST_JOB + 1)}}}
    assert [p.heavy for p in pool.examine(Draft("order", "message", parts), {}).problems] == [True]
    assert pool._pool.all == set()


@pytest.mark.usefixtures("anew")
def test_an_idle_one_ends_and_another_takes_its_place() -> None:
    assert pool.examine(DRAFT, {}).problems == []
    (first,) = pool._pool.all
    first.socket.shutdown(1)  # as if nobody had asked for a minute
    first.process.wait(10)
    assert first.process.returncode == 0
    assert pool.examine(DRAFT, {}).problems == []
    assert first not in pool._pool.all


def test_an_ended_one_says_so_before_it_takes_a_job() -> None:
    made = Checker()
    made.end()
    with pytest.raises(Gone):
        made.ask(JOB)


@pytest.mark.usefixtures("anew")
def test_a_machine_without_a_process_to_spare_refuses_the_template(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_process(*_: Any, **__: Any) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", no_process)
    assert [problem.heavy for problem in pool.examine(DRAFT, {}).problems] == [True]
    with pytest.raises(NotReadable):
        pool.read({"order/template.toml": 'name = "Order"'})


@pytest.mark.usefixtures("anew")
def test_a_new_one_that_ends_at_once_refuses_the_template(monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(checker: Checker, job: bytes) -> bytes:
        checker.end()
        raise Gone

    monkeypatch.setattr(Checker, "ask", ended)
    assert [problem.heavy for problem in pool.examine(DRAFT, {}).problems] == [True]


@pytest.mark.usefixtures("anew")
def test_threads_share_two_of_them() -> None:
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda: found.append(len(pool.examine(DRAFT, {}).problems)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [0] * 6
    assert len(pool._pool.all) <= pool.MOST


@pytest.mark.usefixtures("anew")
def test_a_forked_process_starts_its_own_and_leaves_ours_alone() -> None:
    assert pool.examine(DRAFT, {}).problems == []
    (ours,) = pool._pool.all
    child_id = os.fork()
    if child_id == 0:
        status = 1
        try:
            well = pool.examine(DRAFT, {}).problems == [] and ours not in pool._pool.all
            for each in pool._pool.all:
                each.end()
            status = 0 if well else 2
        finally:
            os._exit(status)
    assert os.waitpid(child_id, 0)[1] == 0
    assert ours.process.poll() is None
    assert pool.examine(DRAFT, {}).problems == []
    assert ours in pool._pool.all


def test_its_stack_is_no_larger_than_that_of_a_thread_that_sends() -> None:
    assert child.STACK <= 2 * 1024**2
