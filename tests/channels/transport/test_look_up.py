"""A look-up that comes before a send, on the wire."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from channels.base import NOT_STARTED, HttpRequest, Outcome, OutcomeKind
from channels.sms.twilio import adapter as twilio
from channels.transport.look_up import SecondTry, second_try
from tests.channels.conftest import Send
from tests.channels.samples import NOW, account, sms

TRIED_AT = NOW - timedelta(seconds=20)


@dataclass
class Peer:
    """Twilio with nothing to be found, and a clock of its own."""

    url: str = ""
    hang: float = 0.0
    status: int = 200
    asked: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()

    class Handler(BaseHTTPRequestHandler):
        def answer(self, status: int, value: object) -> None:
            made.asked.append(self.command)
            self.rfile.read(int(self.headers.get("content-length") or 0))
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            made.stopped.wait(made.hang)
            self.answer(made.status, {"messages": []})

        def do_POST(self) -> None:
            self.answer(201, {"sid": "SM2"})

        def log_message(self, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield made
    made.stopped.set()
    server.shutdown()
    server.server_close()


def to_send(peer: Peer, *, insist: bool = True) -> HttpRequest:
    here = account("twilio", endpoint=peer.url)
    send = twilio.build(sms(), here, NOW)
    return second_try(send, sms(), (here, twilio), tried_at=TRIED_AT, now=NOW, insist=insist)


def attempt(send: Send, peer: Peer, request: HttpRequest, **more: Any) -> tuple[Outcome, Any]:
    return send(account("twilio", endpoint=peer.url), twilio, request, **more)


def test_what_is_not_there_is_sent(send: Send, peer: Peer) -> None:
    outcome, _ = attempt(send, peer, to_send(peer))
    assert (outcome.kind, outcome.provider_id) == (OutcomeKind.ACCEPTED, "SM2")
    assert peer.asked == ["GET", "POST"]


def test_a_look_up_that_took_too_long_leaves_the_send_for_later(send: Send, peer: Peer) -> None:
    peer.hang = 0.4
    _, result = attempt(send, peer, to_send(peer), within=0.2)
    assert result is NOT_STARTED
    assert peer.asked == ["GET"]


@pytest.mark.parametrize(("insist", "asked"), [(True, ["GET"]), (False, ["GET", "POST"])])
def test_an_answer_that_says_nothing_stops_the_same_account_only(
    send: Send, peer: Peer, insist: bool, asked: list[str]
) -> None:
    peer.status = 503
    outcome, _ = attempt(send, peer, to_send(peer, insist=insist))
    assert peer.asked == asked
    assert outcome.kind is (OutcomeKind.RETRY if insist else OutcomeKind.ACCEPTED)


def test_a_look_up_that_never_ends_is_given_up(send: Send, peer: Peer) -> None:
    peer.hang = 30
    request = to_send(peer)
    assert isinstance(request, SecondTry)
    assert request.look_up is not None
    quick = replace(request.look_up, request=replace(request.look_up.request, timeout=0.3))
    outcome, _ = attempt(send, peer, replace(request, look_up=quick))
    assert (outcome.kind, outcome.code) == (OutcomeKind.RETRY, "look_up")
    assert peer.asked == []


def test_all_of_the_send_is_kept(peer: Peer) -> None:
    request = to_send(peer)
    plain = twilio.build(sms(), account("twilio", endpoint=peer.url), NOW)
    assert (request.body, request.units, request.url) == (plain.body, plain.units, plain.url)


def test_a_provider_that_cannot_be_asked_is_sent_to(peer: Peer) -> None:
    here = account("sns", endpoint=peer.url)
    plain = twilio.build(sms(), account("twilio"), NOW)
    first = (here, object())
    assert second_try(plain, sms(), first, tried_at=TRIED_AT, now=NOW, insist=True) is plain
