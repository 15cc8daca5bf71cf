"""A mail server that works on few messages at a time gets fewer, and nothing times out."""

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from socket import socket
from typing import Any

import pytest

from channels.base import SmtpLimits, SmtpReply
from channels.email.smtp import adapter as smtp
from channels.transport.in_flight import Flow, Flows
from channels.transport.loop import Job, Result, Transport
from channels.transport.window import Window
from tests.channels.peers import serving
from tests.channels.samples import account
from tests.channels.transport.test_smtp import mail

N = 24  # more than each server below takes in the time it has for one
ADAPTER: Any = smtp
LIMITS = replace(SmtpLimits(), end=4.0)


class Busy:
    """Takes every connection and works on so many messages at a time."""

    def __init__(self, places: int, seconds: float) -> None:
        self._free, self._seconds = threading.Semaphore(places), seconds
        self._lock = threading.Lock()
        self.open, self.most_open = 0, 0

    def __call__(self, connection: socket) -> None:
        with self._lock:
            self.open += 1
            self.most_open = max(self.open, self.most_open)
        try:
            self._talk(connection)
        finally:
            with self._lock:
                self.open -= 1

    def _talk(self, connection: socket) -> None:
        connection.sendall(b"220 mail.example ESMTP\r\n")
        in_data = False
        for line in connection.makefile("rb"):
            if in_data and line != b".\r\n":
                continue
            if line == b".\r\n":
                with self._free:
                    time.sleep(self._seconds)
            in_data = line.startswith(b"DATA")
            connection.sendall(b"354 Go on\r\n" if in_data else b"250 OK\r\n")


@contextmanager
def busy(places: int, seconds: float) -> Iterator[tuple[Busy, int]]:
    server = Busy(places, seconds)
    with serving(server) as port:
        yield server, port


def send_all(transport: Transport, port: int, n: int) -> list[Result]:
    results: queue.Queue[Result] = queue.Queue()
    message = mail(port, timeout=600.0, limits=LIMITS)
    job: Job = ("key", account("smtp"), ADAPTER, message, time.monotonic() + 30)
    transport.submit([job] * n, lambda _key, _outcome, result: results.put(result))
    return [results.get(timeout=30) for _ in range(n)]


def taken(results: list[Result]) -> int:
    return sum(isinstance(result, SmtpReply) and result.code == 250 for result in results)


@pytest.mark.parametrize(("places", "seconds"), [(1, 0.2), (2, 0.4), (1, 0.4)])
def test_a_server_that_works_on_few_at_a_time_takes_all(
    transport: Transport, places: int, seconds: float
) -> None:
    with busy(places, seconds) as (server, port):
        results = send_all(transport, port, N)

    assert taken(results) == N
    assert server.most_open <= 8


def test_a_quick_server_gets_more_connections(transport: Transport) -> None:
    with busy(20, 0.05) as (server, port):
        results = send_all(transport, port, 200)

    assert taken(results) == 200
    assert server.most_open > 8


def test_who_asks_is_told_how_fast_a_slow_server_is(transport: Transport) -> None:
    sender = account("smtp")
    assert transport.pace(sender.id) is None
    with busy(1, 0.6) as (_, port):
        send_all(transport, port, 9)

    assert 1 <= (transport.pace(sender.id) or 0) < 6
    assert transport.room(sender.id) < 20


def test_a_quick_server_has_seconds_of_its_pace_before_it() -> None:
    window = Window(20, 30.0, slow_after=0.5)
    for _ in range(100):
        window.ended(0.02, 20)

    assert Flow(window, 4.0).room() == pytest.approx(20 / 0.02 * 4, rel=0.01)


def test_a_server_that_is_silent_is_slow_before_it_has_answered_once(
    transport: Transport,
) -> None:
    release = threading.Event()

    def silent(connection: socket) -> None:
        release.wait(20)
        connection.close()

    sender = account("smtp")
    with serving(silent) as port:
        job: Job = ("key", sender, ADAPTER, mail(port, timeout=600.0), time.monotonic() + 30)
        transport.submit([job] * 8, lambda *_: None)
        deadline = time.monotonic() + 5
        while transport.pace(sender.id) is None and time.monotonic() < deadline:
            time.sleep(0.05)
        pace, room = transport.pace(sender.id), transport.room(sender.id)
        release.set()

    assert pace == pytest.approx(0.1)
    assert room == 0


def test_an_account_that_names_another_server_is_as_fast_as_that() -> None:
    flows, slow = Flows(), Window(10, 1.0)
    for _ in range(8):
        slow.ended(0.9, 1)
    flows.put(7, "smtp", Flow(slow))
    flows.put(7, "smtp", Flow(Window(10, 1.0)))

    assert flows.pace(7) is None
