"""An answer that is cut in the middle never looks like a complete one."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest

from channels.inbox import tokens, wire
from notifyproj.core import clock
from notifyproj.core.live.publish import publish
from preferences.models import Recipient
from tests.notifyproj.gateway.conftest import Served, body_of, request, serving, status_of

pytestmark = pytest.mark.django_db
EXPORT = "/api/v1/preferences/export"
PEOPLE = 60_000  # 17 MB of lines: more than the buffers between two processes take
PERSON = 987_654
END = b"0\r\n\r\n"


@pytest.fixture(scope="module")
def impatient(shop: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A second of patience instead of ten."""
    paused = clock.now() + timedelta(days=1)
    people = (
        Recipient(external_id=f"{number:0180}", paused_until=paused) for number in range(PEOPLE)
    )
    Recipient.objects.bulk_create(people, batch_size=5_000)
    disk = tmp_path_factory.mktemp("disk")
    with serving("web", shop, disk, "tests.notifyproj.gateway.impatient:application") as served:
        yield served


def read(opened: socket.socket) -> bytes:
    """All that comes, until the connection ends in whichever way."""
    found = []
    with suppress(ConnectionError):
        while piece := opened.recv(1 << 20):
            found.append(piece)
    return b"".join(found)


def slowly(served: Served, sent: bytes) -> socket.socket:
    """A connection that asks, and takes in little."""
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    opened.settimeout(20)
    opened.connect(("127.0.0.1", served.port))
    opened.sendall(sent)
    return opened


def test_an_export_that_is_read_comes_whole(impatient: Served) -> None:
    answer = impatient.ask(request("GET", EXPORT, key=impatient.key))
    assert status_of(answer) == 200
    assert answer.count(b'"external_id"') == PEOPLE
    assert answer.endswith(END)


@pytest.mark.parametrize("seconds", [0.0, 0.01], ids=["not at all", "a byte at a time"])
def test_an_export_that_is_read_too_slowly_ends_as_a_broken_one(
    impatient: Served, seconds: float
) -> None:
    with slowly(impatient, request("GET", EXPORT, key=impatient.key)) as opened:
        began, answer = time.monotonic(), b""
        while time.monotonic() - began < 5:
            if seconds:
                with suppress(ConnectionError):
                    answer += opened.recv(1)
            time.sleep(seconds or 1)
        answer += read(opened)
    assert answer.count(b'"external_id"') < PEOPLE
    assert not answer.endswith(END)
    assert impatient.send_order() == 202


def test_an_answer_whose_making_fails_ends_as_a_broken_one(impatient: Served) -> None:
    with impatient.connect(request("GET", "/failing")) as opened:
        answer = read(opened)
    assert not answer.endswith(END)


def test_only_the_connection_that_is_slow_is_broken(impatient: Served) -> None:
    """Another one of the same reader goes on, and is used again."""
    ask = request("GET", "/health/live").replace(b"Connection: close\r\n", b"")
    with (
        impatient.connect(ask) as other,
        slowly(impatient, request("GET", EXPORT, key=impatient.key)) as slow,
    ):
        assert status_of(other.recv(65536)) == 200
        time.sleep(4)
        read(slow)
        other.sendall(ask)
        assert status_of(other.recv(65536)) == 200


def test_a_stream_of_news_that_is_read_too_slowly_ends_as_a_broken_one(live: Served) -> None:
    token = tokens.mint(recipient_id=PERSON, now=clock.now(), lifetime=timedelta(hours=1)).value
    ask = request("GET", "/inbox/stream", key=token)
    with slowly(live, ask) as opened:
        before = live.memory()
        time.sleep(1)  # until it listens
        for _ in range(1_500):
            publish([(wire.topic(PERSON), b"event: item\ndata: " + b"x" * 20_000 + b"\n\n")])
        assert live.memory() - before < 100 << 20
        answer = read(opened)
    assert status_of(answer) == 200
    assert body_of(answer).count(b"event: item") < 1_500
    assert not answer.endswith(END)
