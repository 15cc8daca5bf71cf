"""`make run` with real processes in a folder of its own, for the tests here and in survival/."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from notifyproj.launch.become import RUN
from notifyproj.launch.environment import PURPOSES
from notifyproj.launch.system import leftovers

ROOT = Path(__file__).parents[3]
OWN = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "LOOKUP_HASH_KEY")
START_SECONDS = 100  # a shared machine may be slow


class Started:
    """`make run` in the folder `var`, with its output in a file."""

    def __init__(self, folder: Path) -> None:
        self.var, self.output = folder / "a folder", folder / "output"
        self.port = free_ports()
        self.start()

    def start(self) -> None:
        inherited = {key: value for key, value in os.environ.items() if key not in OWN}
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "notifyproj.launch"],
                cwd=ROOT,
                env=inherited | {"VAR_DIR": str(self.var), "PORT": str(self.port)},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def text(self) -> str:
        return self.output.read_text()

    def is_up(self) -> bool:
        assert self.process.poll() is None, self.text()
        return "Ctrl-C stops everything" in self.text()

    def marked(self) -> list[psutil.Process]:
        return leftovers.marked({RUN: str(self.var)})

    def servers(self) -> list[psutil.Process]:
        postgres = leftovers.working_in(self.var / "postgres", "postgres")
        return postgres + leftovers.working_in(self.var / "valkey", "valkey")

    def find(self, title: str) -> psutil.Process:
        found = [each for each in self.marked() if title in title_of(each)]
        return min(found, key=lambda each: each.create_time())

    def kill_all(self) -> None:
        self.process.kill()
        for each in [*self.marked(), *self.servers()]:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        self.process.wait()


def free_ports() -> int:
    """The first of as many free ports in a row as a run needs, below those of outgoing calls."""
    for port in range(10_000 + os.getpid() % 4_000 * 5, 32_700, len(PURPOSES)):
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            for offset in range(len(PURPOSES)):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port + offset))
            return port
    raise AssertionError("no free ports")


def wait_for(condition: Callable[[], object], seconds: float = START_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def title_of(process: psutil.Process) -> str:
    """Its command line; "" when it has ended since it was listed."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return " ".join(process.cmdline())
    return ""


def alive(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False


def start() -> Iterator[Started]:
    """The body of a fixture: up when it yields, gone after. Not in pytest's own folder, which
    the next pytest closes to the user that Postgres runs as."""
    with tempfile.TemporaryDirectory(prefix="notify-test-") as folder:
        run = Started(Path(folder))
        try:
            wait_for(run.is_up)
            yield run
        finally:
            run.kill_all()
