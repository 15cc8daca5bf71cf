"""A real `live` process of granian, and a reader of its streams."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import quote, urlencode
from urllib.request import urlopen

from django.conf import settings
from django.db import connection

from notifyproj.launch.servers.valkey import free_port

INTERFACES = {"notifyproj.asgi": "asginl", "notifyproj.web": "rsgi", "notifyproj.wsgi": "wsgi"}


@contextmanager
def running(
    application: str = "notifyproj.asgi", port: int = 0, **environment: str
) -> Iterator[int]:
    """The port of a granian that serves the test's own database."""
    port = port or free_port()
    interface = INTERFACES[application]
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "granian", "--interface", interface, "--no-ws"),
            *("--port", str(port), "--workers-kill-timeout", "1", f"{application}:application"),
        ],
        env={**os.environ, "DATABASE_URL": database_url(), "REDIS_URL": settings.REDIS_URL}
        | environment,
    )
    try:
        wait_until_up(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def database_url() -> str:
    database = connection.settings_dict
    query = urlencode({"host": database["HOST"], "port": database["PORT"]})
    user = quote(database["USER"])
    password = quote(database["PASSWORD"])
    return f"postgresql://{user}:{password}@/{quote(database['NAME'])}?{query}"


def wait_until_up(port: int, process: "subprocess.Popen[bytes]", seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}/health/live", timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("granian did not start")


class Stream:
    """One open stream of `/inbox/stream`."""

    def __init__(self, port: int, token: str, last_event_id: str = "") -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=15)
        headers = {"Authorization": f"Bearer {token}", "Origin": "http://localhost:8000"}
        if last_event_id:
            headers["Last-Event-ID"] = last_event_id
        self._connection.request("GET", "/inbox/stream", headers=headers)
        self.response: HTTPResponse = self._connection.getresponse()

    def event(self) -> tuple[str, dict[str, Any], str]:
        """The next event: its name, data and id. Heartbeats are passed over."""
        fields: dict[str, str] = {}
        while True:
            raw = self.response.readline()
            line = raw.decode().rstrip("\n")
            if not line and "event" in fields:
                return fields["event"], json.loads(fields["data"]), fields.get("id", "")
            if not raw:
                raise EOFError("the stream has ended")
            name, _, value = line.partition(": ")
            fields[name] = value

    def event_named(self, name: str) -> dict[str, Any]:
        while True:
            found, data, _ = self.event()
            if found == name:
                return data

    def close(self) -> None:
        self.response.close()
        self._connection.close()

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
