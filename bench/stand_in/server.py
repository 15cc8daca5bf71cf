"""The provider's stand-in: nginx over HTTP/2 and TLS, one worker process, two servers.

Where there is none, granian with a Python app, and the table says so.

`prompt` answers at once; `slow` after 100 ms, and 1 % of its answers after 5 s. Each request is
one line of a log, from which arrivals are counted by the delivery id in `apns-id`.
"""

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.stand_in import certificates, nginx
from bench.stand_in.certificates import Certificates
from bench.stand_in.problems import BenchProblem
from notifyproj.launch.servers.cluster import server_environment
from notifyproj.launch.servers.valkey import free_port
from notifyproj.launch.system.child import dies_with_parent
from notifyproj.launch.system.leftovers import end_child

BASE = Path(__file__).resolve().parents[2]
STOP = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 2.0))
FLUSHED = 1.3  # seconds after which a line of the access log is in the file


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request: when it came (seconds since 1970), of which delivery."""

    at: float
    delivery_id: str
    status: int


@dataclass(frozen=True, slots=True)
class Server:
    """One of the stand-in's two: its port and its log."""

    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def position(self) -> int:
        """Where the log ends now; what was asked just before may still come."""
        return self.log.stat().st_size if self.log.exists() else 0

    def arrivals(self, position: int) -> Iterator[Arrival]:
        with self.log.open("rb") as file:
            file.seek(position)
            for line in file:
                msec, id_, status, took = line.decode().split()
                yield Arrival(float(msec) - float(took), id_, int(status))


class StandIn:
    """`start`, then send to `prompt` and `slow`; `name` says what it is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = ""
        self.ca = folder / "ca.pem"
        self.prompt = Server(free_port(), folder / "prompt.log")
        self.slow = Server(free_port(), folder / "slow.log")
        self._processes: list[subprocess.Popen[bytes]] = []

    def pids(self) -> dict[str, int]:
        return {f"stand_in {n}": process.pid for n, process in enumerate(self._processes, 1)}

    def start(self) -> None:
        """Raises BenchProblem."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        made = certificates.make(self.folder)
        if nginx.is_there():
            self.name = nginx.version()
            self._run(nginx.command(self.folder, made, self.prompt.port, self.slow.port), {})
        else:
            self.name = "granian with a Python app: NOT native, install nginx"
            self._run(*granian("prompt", self.prompt, made))
            self._run(*granian("slow", self.slow, made))
        self._wait_until_ready()

    def stop(self) -> None:
        for process in self._processes:
            end_child(process, STOP)

    def _run(self, command: list[str], environment: dict[str, str]) -> None:
        with (self.folder / "stderr.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                env=server_environment() | environment,
                cwd=BASE,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGTERM),
            )
        self._processes.append(process)

    def _wait_until_ready(self) -> None:
        for _ in range(200):
            if listens(self.prompt.port) and listens(self.slow.port):
                return
            time.sleep(0.05)
        said = (self.folder / "stderr.log").read_text().strip().splitlines()
        raise BenchProblem(f"{self.name} does not start: {(said or ['no reason given'])[-1]}")


def granian(delays: str, server: Server, made: Certificates) -> tuple[list[str], dict[str, str]]:
    """Command and variables of the server that needs nothing installed."""
    tls = ["--ssl-certificate", str(made.certificate), "--ssl-keyfile", str(made.key)]
    where = ["--host", "127.0.0.1", "--port", str(server.port), "--http", "auto"]
    command = [sys.executable, "-m", "granian", "--interface", "asginl", *where, *tls]
    variables = {"BENCH_DELAYS": delays, "BENCH_ARRIVALS": str(server.log)}
    return [*command, "--no-ws", "bench.stand_in.app:app"], variables


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
