"""The platform's own processes, under its own supervisor, to be killed by name."""

import configparser
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from xmlrpc.client import ServerProxy

import psutil
from supervisor.xmlrpc import SupervisorTransport

from notifyproj.launch.answers import answers
from notifyproj.launch.environment import Ports, run_environment
from notifyproj.launch.supervisord import Supervisord
from notifyproj.processes import find

BASE = Path(__file__).resolve().parents[2]
NAMES = ("web", "urgent", "bulk", "background", "periodic", "beat")


def poll(done: Callable[[], bool], seconds: float, what: str, every: float = 0.01) -> None:
    """Wait until `done`; an assertion that says `what` did not happen, after so many seconds."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(every)


class Platform:
    def __init__(
        self, var: Path, given: Mapping[str, str], port: int, names: Sequence[str] = NAMES
    ) -> None:
        self.var, self.ports, self.names = var, Ports(port), names
        environment = run_environment(given, self.ports, var)
        chosen = [find(name) for name in names]
        self._supervisord = Supervisord(
            base=BASE, var=var, processes=chosen, environment=environment
        )

    def start(self) -> None:
        self._supervisord.start()
        poll(self.is_up, 120, "the platform is up")

    def stop(self) -> None:
        self._supervisord.stop(lambda: None, lambda: False)

    def is_up(self) -> bool:
        try:
            running = all(self._info(name)["statename"] == "RUNNING" for name in self.names)
        except (OSError, KeyError):
            return False
        return (
            running and len(self.children("bulk")) >= 2 and answers(self.ports.web, "/health/ready")
        )

    def main(self, name: str) -> psutil.Process:
        """The process that supervisor started; it is running."""
        poll(lambda: self._info(name)["statename"] == "RUNNING", 10, f"{name} runs")
        return psutil.Process(self._info(name)["pid"])

    def children(self, name: str) -> list[psutil.Process]:
        """Those that do a worker's tasks."""
        return self.main(name).children()

    def logs(self) -> str:
        files = [self.var / "log" / f"{name}.log" for name in self.names]
        return "\n".join(f"--- {file.stem}\n{tail(file)}" for file in files)

    def _info(self, name: str) -> Any:
        file = configparser.RawConfigParser()
        file.read(self.var / "supervisord.conf")
        socket, password = file["unix_http_server"]["file"], file["unix_http_server"]["password"]
        transport = SupervisorTransport("notify", password, f"unix://{socket}")
        with ServerProxy("http://127.0.0.1", transport=transport) as server:
            return server.supervisor.getProcessInfo(f"notify:{name}")


def kill(*processes: psutil.Process) -> None:
    """`kill -9`; returns when they are gone."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    poll(lambda: not any(map(lives, processes)), 10, "they are gone")


def lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def tail(file: Path) -> str:
    lines = file.read_text(errors="replace").splitlines() if file.exists() else []
    return "\n".join(lines[-60:])
