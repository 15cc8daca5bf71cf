"""The processes `web` and `live` as they are run, on the test's own database, and raw sockets."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings

from notifyproj.core.api.keys import api_key_create
from notifyproj.launch.servers.valkey import free_port
from notifyproj.processes import find
from tests.api.notifications.conftest import ORDER, make_shop
from tests.channels.inbox.live_process import database_url, wait_until_up
from tests.committed import committed_rows


@dataclass(frozen=True)
class Served:
    port: int
    process: psutil.Process
    key: str
    disk: Path  # what the process would write to

    def connect(self, sent: bytes = b"") -> socket.socket:
        opened = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        opened.sendall(sent)
        return opened

    def ask(self, sent: bytes) -> bytes:
        """All that comes back until the connection is closed."""
        with self.connect(sent) as opened:
            return b"".join(iter(lambda: opened.recv(65536), b""))

    def send_order(self) -> int:
        """The status of a real send."""
        return status_of(self.ask(self.order()))

    def order(self, **headers: str) -> bytes:
        return request("POST", "/api/v1/notifications", json.dumps(ORDER).encode(), self.key)

    def memory(self) -> int:
        """Bytes of the process and its workers."""
        return sum(
            one.memory_info().rss for one in (self.process, *self.process.children(recursive=True))
        )


def request(method: str, path: str, body: bytes = b"", key: str = "", **headers: str) -> bytes:
    said = {"Host": "localhost", "Connection": "close", "Content-Type": "application/json"}
    if key:
        said["Authorization"] = f"Bearer {key}"
    if "Transfer_Encoding" not in headers:
        said["Content-Length"] = str(len(body))
    said |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in said.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def body_of(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


@contextmanager
def serving(
    name: str, key: str, disk: Path, application: str = "", **environment: str
) -> Iterator[Served]:
    """`application` instead of the process's own."""
    port = free_port()
    where = {"GRANIAN_PORT": str(port - (name == "live")), "TMPDIR": str(disk), "DEBUG": "0"}
    database = {"DATABASE_URL": database_url(), "REDIS_URL": settings.REDIS_URL}
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("GRANIAN_PORT", where["GRANIAN_PORT"])
        process = find(name)
    arguments = [*process.arguments[:-1], application or process.arguments[-1]]
    started = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        env={**os.environ, **where, **process.environment, **database, **environment},
    )
    try:
        wait_until_up(port, started)
        yield Served(port, psutil.Process(started.pid), key, disk)
    finally:
        started.terminate()
        started.wait(10)


@pytest.fixture(scope="module")
def shop(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The API key of a shop that may do everything; its rows are committed."""
    with committed_rows(django_db_blocker):
        world = make_shop()
        _, key = api_key_create(service=world.service, scopes=("admin",))
        yield key


@pytest.fixture(scope="module")
def web(shop: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving("web", shop, tmp_path_factory.mktemp("disk")) as served:
        yield served


@pytest.fixture(scope="module")
def live(shop: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving("live", shop, tmp_path_factory.mktemp("disk")) as served:
        yield served


@pytest.fixture
def many() -> Iterator[Callable[[Served, bytes], list[socket.socket]]]:
    """500 connections on which the same was sent, and which are left so."""
    with ExitStack() as opened:
        yield lambda served, sent: [opened.enter_context(served.connect(sent)) for _ in range(500)]
