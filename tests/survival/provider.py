"""The stand-in provider as the tests see it: what arrived, and how fast it answers."""

import http.client
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from notifyproj.launch.servers.valkey import free_port
from notifyproj.launch.system.child import dies_with_parent
from tests.survival.stand_in import LINE


class StandIn:
    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.arrivals = folder / "arrivals"
        self.arrivals.touch()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        program = Path(__file__).with_name("stand_in.py")
        command = [sys.executable, str(program), str(self.port), str(self.arrivals)]
        self._process = subprocess.Popen(command, preexec_fn=dies_with_parent(signal.SIGKILL))
        deadline = time.monotonic() + 10
        while True:
            try:
                return self.delay(0)
            except ConnectionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    def delay(self, seconds: float) -> None:
        """How long each answer takes from now on."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("POST", f"/delay/{seconds}")
            connection.getresponse().read()
        finally:
            connection.close()

    def mark(self) -> int:
        """How many arrived so far: where a test's own arrivals begin."""
        return self.arrivals.stat().st_size // LINE

    def since(self, mark: int) -> Counter[str]:
        """How often each delivery arrived after `mark`."""
        with self.arrivals.open("rb") as file:
            file.seek(mark * LINE)
            return Counter(line.decode().strip() for line in file)
