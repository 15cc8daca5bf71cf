"""Templates checked by tasks, in real Celery workers of each pool that the platform runs."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from celery import Celery

from notifyproj.launch.servers.valkey import Valkey
from tests.frozen import own_valkey

pytestmark = pytest.mark.timeout(180)
SOON = 60.0
TASKS = 6


@contextmanager
def worker(valkey: Valkey, pool: str) -> Iterator["subprocess.Popen[bytes]"]:
    arguments = ("-A", "tests.templates.checker.celery_checks", "worker", "--queues", "tests")
    sizes = ("--pool", pool, "--concurrency", "2", "--without-gossip", "--without-mingle")
    urls = {"CELERY_BROKER_URL": valkey.url(), "REDIS_URL": valkey.url(), "SKIP_CHECKS": "1"}
    command = [sys.executable, "-m", "celery", "--quiet", *arguments, *sizes]
    process = subprocess.Popen(command, env=os.environ | urls, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def wait_until(done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SOON
    while not done():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


@pytest.mark.parametrize("pool", ["prefork", "threads"])
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_a_task_has_templates_checked(tmp_path: Path, pool: str, end: signal.Signals) -> None:
    (tmp_path / "valkey").mkdir()
    (tmp_path / "found").mkdir()
    with own_valkey(tmp_path / "valkey") as valkey, worker(valkey, pool) as running:
        sender = Celery(broker=valkey.url())
        for number in range(TASKS):
            folder = str(tmp_path / "found")
            sender.send_task("tests.check", (folder, number), queue="tests", ignore_result=True)
        wait_until(lambda: len(files(tmp_path)) == TASKS, "all are checked")
        results = [json.loads(path.read_text()) for path in files(tmp_path)]
        children = {result["child"] for result in results} if end == signal.SIGKILL else set()
        for pid in {*children, running.pid}:
            os.kill(pid, end)
        running.wait(30)
        assert [told(result) for result in results] == [(["name"], "Hello Ada", True)] * TASKS
        checkers = {pid for result in results for pid in result["checkers"]}
        assert checkers
        wait_until(lambda: not any(map(psutil.pid_exists, checkers)), "no checker is left")


def told(result: dict[str, Any]) -> tuple[Any, ...]:
    return result["variables"], result["shown"], result["heavy"]


def files(folder: Path) -> list[Path]:
    return list((folder / "found").glob("*.json"))
