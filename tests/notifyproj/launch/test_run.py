"""`make run` as its user sees it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from notifyproj.launch.answers import answers
from notifyproj.processes import processes
from tests.notifyproj.launch.started import OWN, ROOT, Started, start, wait_for

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def started() -> Iterator[Started]:
    yield from start()


def test_it_answers_on_its_port(started: Started) -> None:
    assert answers(started.port, "/health/ready")


def test_it_shows_where_to_look(started: Started) -> None:
    assert f"http://localhost:{started.port}/api/docs/" in started.text()
    assert "curl -X POST" in started.text()


def test_its_secrets_are_for_nobody_else(started: Started) -> None:
    for name in ("secrets.env", "embedded.env", "supervisord.conf"):
        assert (started.var / name).stat().st_mode & 0o077 == 0


def test_manage_py_works_beside_it_without_any_variable(started: Started) -> None:
    inherited = {key: value for key, value in os.environ.items() if key not in OWN}
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", "print(User.objects.count())"],
        cwd=ROOT,
        env=inherited | {"VAR_DIR": str(started.var)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_second_one_on_the_same_folder_is_refused(started: Started) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "notifyproj.launch"],
        cwd=ROOT,
        env=os.environ | {"VAR_DIR": str(started.var)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Already running" in done.stderr


def test_a_taken_port_is_said_in_one_line(started: Started, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "notifyproj.launch"],
        cwd=ROOT,
        env=os.environ | {"VAR_DIR": str(tmp_path / "other"), "PORT": str(started.port)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"Port {started.port} (web) cannot be used: Address already in use." in done.stderr
    assert "Traceback" not in done.stderr


def test_every_process_is_running(started: Started) -> None:
    """Those that need a setting are not there without it."""
    for each in processes():
        assert (started.var / "log" / f"{each.name}.log").exists() == (not each.needs)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_within_ten_seconds_and_leaves_nothing(
    started: Started, number: signal.Signals
) -> None:
    if started.process.poll() is not None:
        started.start()
        wait_for(started.is_up)
    begin = time.monotonic()
    started.process.send_signal(number)
    assert started.process.wait(timeout=20) == 0
    assert time.monotonic() - begin < 10
    assert started.marked() == []
    assert started.servers() == []
    assert not (started.var / "embedded.env").exists()
