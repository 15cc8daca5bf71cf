"""Peers that answer everything, slowly: what they get at a time is less, and nothing times out."""

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from typing import Any

import pytest

from channels.base import Account, HttpResponse
from channels.push import apns
from channels.transport.loop import Job, Result, Transport
from notifyproj.launch.servers.valkey import free_port
from tests.channels import peers
from tests.channels.peers import Authority, serving
from tests.channels.samples import account
from tests.channels.transport.test_http_clients import _wait_for, request

N = 60
TIMEOUT = 2.0
# Ten streams at a time, of which it works on two: the others' limits would run while they wait.
H2_PEER = """
import asyncio, sys
from pathlib import Path
from granian import Granian
from granian.http import HTTP2Settings

places = None

async def application(scope, receive, send):
    global places
    places = places or asyncio.Semaphore(2)
    async with places:
        await asyncio.sleep(0.1)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})

if __name__ == "__main__":
    port, certificate, key = sys.argv[1:]
    Granian("h2_slow:application", port=int(port), interface="asginl", loop="asyncio",
        ssl_cert=Path(certificate), ssl_key=Path(key), log_enabled=False,
        http2_settings=HTTP2Settings(max_concurrent_streams=10)).serve()
"""


def fetch_all(
    transport: Transport, sender: Account, url: str, n: int, **options: Any
) -> list[Result]:
    results: queue.Queue[Result] = queue.Queue()
    slow = request(url, timeout=TIMEOUT, **options)
    job: Job = ("key", sender, apns, slow, time.monotonic() + 30)
    transport.submit([job] * n, lambda _key, _outcome, result: results.put(result))
    return [results.get(timeout=30) for _ in range(n)]


def answered(results: list[Result]) -> int:
    return sum(isinstance(result, HttpResponse) for result in results)


@contextmanager
def working_on(places: int, seconds: float) -> Iterator[str]:
    """A server for HTTP/1.1 that takes every connection, and works on so many requests at once."""
    free = threading.Semaphore(places)

    def slowly(connection: socket) -> None:
        while connection.recv(65_536):
            with free:
                time.sleep(seconds)
            connection.sendall(peers.http(200, b"ok"))

    with serving(slowly) as port:
        yield f"http://127.0.0.1:{port}/"


def test_a_server_that_works_on_two_at_a_time_answers_all(transport: Transport) -> None:
    with working_on(2, 0.1) as url:
        results = fetch_all(transport, account("apns"), url, N)

    assert answered(results) == N


def test_a_server_that_works_on_one_at_a_time_answers_all(transport: Transport) -> None:
    with working_on(1, 0.15) as url:
        results = fetch_all(transport, account("apns"), url, 30)

    assert answered(results) == 30


def test_a_slow_endpoint_of_a_customer_answers_all(transport: Transport) -> None:
    with working_on(1, 0.3) as url:
        options = {"guarded": True, "endpoint": "slow"}
        results = fetch_all(transport, account("webhook"), url, 20, **options)

    assert answered(results) == 20


def test_who_asks_is_told_how_fast_a_slow_peer_is(transport: Transport) -> None:
    sender = account("apns")
    assert transport.pace(sender.id) is None
    with working_on(1, 0.4) as url:
        fetch_all(transport, sender, url, 8)

    assert 1 < (transport.pace(sender.id) or 0) < 6
    assert transport.room(sender.id) < 20


@pytest.fixture(scope="module")
def h2_slow(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder: Path = tmp_path_factory.mktemp("h2-slow")
    (folder / "h2_slow.py").write_text(H2_PEER)
    port = free_port()
    files = (str(authority.certificate), str(authority.key))
    command = [sys.executable, "h2_slow.py", str(port), *files]
    process = subprocess.Popen(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)})
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def test_what_waits_for_a_free_stream_does_not_time_out(
    transport: Transport, authority: Authority, h2_slow: int
) -> None:
    sender = account("apns", ca_certificate=authority.ca)
    url = f"https://localhost:{h2_slow}/"

    results = fetch_all(transport, sender, url, N, http2=True)

    assert answered(results) == N
