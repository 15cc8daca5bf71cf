"""The simulators as the tests see them: how they are told to fail, and what arrived."""

import http.client
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from notifyproj.launch.servers.valkey import free_port
from notifyproj.launch.system.child import dies_with_parent


class Arrival(NamedTuple):
    account: str
    id: str
    status: int
    at: float  # seconds since 1970

    @property
    def taken(self) -> bool:
        return self.status < 300


class Providers:
    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.file = folder / "arrivals"
        self.file.touch()
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, account: str) -> str:
        return f"http://127.0.0.1:{self.port}/{account}"

    def start(self) -> None:
        program = Path(__file__).with_name("simulator.py")
        command = [sys.executable, str(program), str(self.port), str(self.file)]
        self._process = subprocess.Popen(command, preexec_fn=dies_with_parent(signal.SIGKILL))
        deadline = time.monotonic() + 10
        while True:
            try:
                return self.behave("nobody")
            except ConnectionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    def behave(self, *accounts: str, **fields: float) -> None:
        """These fields of `Behaviour` from now on, the others as they are by nature."""
        for account in accounts:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            try:
                connection.request("POST", f"/control/{account}", json.dumps(fields))
                connection.getresponse().read()
            finally:
                connection.close()

    def mark(self) -> int:
        """Where a test's own arrivals begin."""
        return self.file.stat().st_size

    def since(self, mark: int, *accounts: str) -> list[Arrival]:
        with self.file.open("rb") as file:
            file.seek(mark)
            whole = file.read().rpartition(b"\n")[0]
        lines = (line.split() for line in whole.decode().splitlines())
        found = [Arrival(a, id_, int(status), float(at)) for a, id_, status, at in lines]
        return [arrival for arrival in found if not accounts or arrival.account in accounts]

    def lines_since(self, mark: int) -> int:
        return len(self.since(mark))


def taken(arrivals: list[Arrival]) -> Counter[str]:
    """How often each delivery was taken, answered or not."""
    return Counter(arrival.id for arrival in arrivals if arrival.taken)


def by_second(arrivals: list[Arrival]) -> Counter[int]:
    return Counter(int(arrival.at) for arrival in arrivals)
