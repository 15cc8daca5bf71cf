"""Sockets that never finish what they began hold no thread, and little memory."""

import socket
import time
from collections.abc import Callable

import pytest

from tests.notifyproj.gateway.conftest import Served, request, status_of

pytestmark = pytest.mark.django_db
Many = Callable[[Served, bytes], list[socket.socket]]
LONG = 5.0  # seconds that no request may take meanwhile
MEGABYTES = 1 << 20

HALF_A_LOGIN = b"POST /admin/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nab"
HALF_A_CALLBACK = HALF_A_LOGIN.replace(b"/admin/login/", b"/hooks/twilio/shop")
UNFINISHED = {
    "login": HALF_A_LOGIN,
    "callback": HALF_A_CALLBACK,
    "large": HALF_A_LOGIN.replace(b"1000", b"1000000"),
    "larger than any": HALF_A_LOGIN.replace(b"1000", b"400000000"),
    "chunks": b"POST /admin/login/ HTTP/1.1\r\nHost: localhost\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
    "a chunk without an end": b"POST /api/v1/notifications HTTP/1.1\r\nHost: localhost\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nffffff\r\nab",
    "head": b"POST /admin/login/ HTTP/1.1\r\nHost: loc",
    "nothing": b"",
}


def answers_meanwhile(served: Served) -> None:
    start = time.monotonic()
    assert status_of(served.ask(request("GET", "/health/live"))) == 200
    assert time.monotonic() - start < LONG


@pytest.mark.parametrize("kind", UNFINISHED)
def test_500_unfinished_requests_stop_neither_health_nor_sends(
    web: Served, many: Many, kind: str
) -> None:
    before = web.memory()
    many(web, UNFINISHED[kind])
    answers_meanwhile(web)
    start = time.monotonic()
    assert web.send_order() == 202
    assert time.monotonic() - start < LONG
    assert web.memory() - before < 100 * MEGABYTES


@pytest.mark.parametrize("kind", ["callback", "chunks", "head"])
def test_live_goes_on_beside_500_unfinished_requests(live: Served, many: Many, kind: str) -> None:
    many(live, UNFINISHED[kind])
    answers_meanwhile(live)


def test_a_body_that_does_not_arrive_in_time_is_408(web: Served) -> None:
    start = time.monotonic()
    assert status_of(web.ask(HALF_A_LOGIN)) == 408
    assert time.monotonic() - start < 13


def test_a_body_that_drips_is_no_quicker_than_one_that_hangs(web: Served) -> None:
    start = time.monotonic()
    with web.connect(HALF_A_LOGIN.replace(b"1000", b"100000")) as opened:
        opened.settimeout(0.2)
        answer = b""
        while not answer and time.monotonic() - start < 20:
            opened.sendall(b"x")
            try:
                answer = opened.recv(1000)
            except TimeoutError:
                continue
    assert status_of(answer) == 408
    assert time.monotonic() - start < 13


def test_500_who_read_no_answer_stop_nobody(web: Served, many: Many) -> None:
    before = web.memory()
    many(web, request("GET", "/static/unfold/css/styles.css"))
    answers_meanwhile(web)
    assert web.send_order() == 202
    assert web.memory() - before < 100 * MEGABYTES
