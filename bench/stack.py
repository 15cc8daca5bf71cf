"""The platform under test: fresh servers in `var/bench`, and the processes of `make run`."""

import fcntl
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from bench.stand_in.problems import BenchProblem
from notifyproj.launch.answers import answers
from notifyproj.launch.environment import Ports, check_free, run_environment
from notifyproj.launch.secret_file import load_secrets
from notifyproj.launch.servers.postgres import Postgres
from notifyproj.launch.servers.valkey import Valkey
from notifyproj.launch.supervisord import Supervisord, end_leftovers
from notifyproj.launch.system.problems import LaunchProblem
from notifyproj.processes import Process, processes

READY_SECONDS = 60
DATA = ("postgres", "secrets.env")
OWN_PROVIDERS = {"SANDBOX": "0", "PROVIDER_HOSTS": "127.0.0.1,localhost"}
OPERATOR = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "DEBUG", "SANDBOX")
STATUS = re.compile(r"notify:(\w+)\s+RUNNING\s+pid (\d+)")


class Stack:
    """`start` servers, set Django up, then `start_processes`; `stop` ends all of it."""

    def __init__(self, base: Path, var: Path, *, keep: bool) -> None:
        self.base, self.var, self.keep = base, var, keep
        self.postgres = Postgres(var / "postgres", var / "log" / "postgres.log")
        self.valkey = Valkey(var / "valkey", var / "log" / "valkey.log")
        self.environment: dict[str, str] = {}
        self.chosen: list[Process] = []
        self.port = 0
        self._supervisord: Supervisord | None = None
        self._lock: IO[str] | None = None

    def start(self) -> None:
        """Servers with a migrated database; the variables are in `environment`."""
        self.var.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        end_leftovers(self.var)
        if not self.keep:
            self._remove_data()
        self.port = free_ports()
        given = {name: value for name, value in os.environ.items() if name not in OPERATOR}
        environment = run_environment(given, Ports(self.port), self.var) | OWN_PROVIDERS
        environment |= load_secrets(self.var, {})
        environment["FLOWER_BASIC_AUTH"] = f"admin:{environment['FLOWER_PASSWORD']}"
        self.postgres.start()
        self.valkey.start()
        addresses = {"DATABASE_URL": self.postgres.url(), "REDIS_URL": self.valkey.url()}
        self.environment = environment | addresses
        self._migrate()

    def start_processes(self) -> None:
        """All of the list but the sandbox; returns when they serve."""
        self.chosen = [
            process
            for process in processes()
            if not process.sandbox_only and process.is_configured({})
        ]
        (self.var / "log").mkdir(exist_ok=True)
        self._supervisord = Supervisord(
            base=self.base, var=self.var, processes=self.chosen, environment=self.environment
        )
        self._supervisord.start()
        self._wait_for("web", lambda: answers(self.port, "/health/ready"))
        self.wait_for_workers()

    def wait_for_workers(self) -> None:
        from celery_app import app  # needs the settings

        wanted = sum("worker" in process.arguments for process in self.chosen)
        self._wait_for("workers", lambda: len(app.control.ping(timeout=1.0) or ()) >= wanted)

    def pids(self) -> dict[str, int]:
        """Main process by name: ours that run, and the servers."""
        running = {name: int(pid) for name, pid in STATUS.findall(self._control("status"))}
        return running | {"postgres": self.postgres.pid, "valkey": self.valkey.pid}

    def halt(self, names: list[str]) -> None:
        self._control("stop", *[f"notify:{name}" for name in names])

    def resume(self, names: list[str]) -> None:
        self._control("start", *[f"notify:{name}" for name in names])

    def stop(self) -> None:
        if self._supervisord:
            self._supervisord.stop(lambda: None, lambda: False)
        self.valkey.stop()
        self.postgres.stop()
        if not self.keep:
            self._remove_data()

    def _take_lock(self) -> None:
        self._lock = (self.var / "bench.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BenchProblem(f"A benchmark runs already in {self.var}.") from error

    def _remove_data(self) -> None:
        shutil.rmtree(self.var / DATA[0], ignore_errors=True)
        (self.var / DATA[1]).unlink(missing_ok=True)

    def _migrate(self) -> None:
        command = [sys.executable, "manage.py", "migrate", "--verbosity=0", "--skip-checks"]
        done = run(command, self.base, self.environment)
        if done.returncode:
            raise BenchProblem(f"migrate failed: {done.stderr.strip().splitlines()[-1]}")

    def _control(self, *arguments: str) -> str:
        program = [sys.executable, "-m", "supervisor.supervisorctl"]
        command = [*program, "-c", str(self.var / "supervisord.conf"), *arguments]
        return run(command, self.base, self.environment).stdout

    def _wait_for(self, what: str, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not done():
            if time.monotonic() > deadline:
                raise BenchProblem(f"{what}: not ready after {READY_SECONDS} s, see {self.var}/log")
            time.sleep(0.2)


def run(
    command: list[str], base: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=base,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def free_ports() -> int:
    """The first of five in a row."""
    for _ in range(50):
        port = random.randrange(20_000, 32_000, 10)
        try:
            check_free(Ports(port), "127.0.0.1")
        except LaunchProblem:
            continue
        return port
    raise BenchProblem("No five free ports in a row between 20000 and 32000.")
