"""Batches, deadlines, caps, tokens: what the transport does around each send."""

import os
import queue
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from channels.base import (
    NOT_STARTED,
    Account,
    HttpRequest,
    Outcome,
    OutcomeKind,
)
from channels.push import apns, fcm
from channels.transport.loop import Job, Result, Transport
from channels.transport.loop import transport as current
from tests.channels import peers
from tests.channels.conftest import Send
from tests.channels.peers import http, serving
from tests.channels.samples import NOW, account, push

ACCEPTED = http(200, b'{"name": "projects/demo/messages/1"}')
EXPIRED = http(401, b'{"error": {"status": "UNAUTHENTICATED"}}')


@dataclass
class Google:
    """A Firebase simulator: hands out tokens 1, 2, ..; takes only those in `valid`."""

    valid: set[str] = field(default_factory=lambda: {"1", "2", "3"})
    lifetime: int = 3600
    token_answers: list[bytes] = field(default_factory=list)
    asked: int = 0
    seen: list[str] = field(default_factory=list)
    port: int = 0

    def account(self, **changes: Any) -> Account:
        return account("fcm", endpoint=f"http://127.0.0.1:{self.port}", **changes)

    def talk(self, connection: socket.socket) -> None:
        while request := _read(connection):
            connection.sendall(self._token() if b"POST /token" in request else self._send(request))

    def _token(self) -> bytes:
        self.asked += 1
        time.sleep(0.05)  # long enough for others to ask as well
        if self.token_answers:
            return self.token_answers.pop(0)
        body = f'{{"access_token": "{self.asked}", "expires_in": {self.lifetime}}}'
        return http(200, body.encode())

    def _send(self, request: bytes) -> bytes:
        token = request.lower().partition(b"authorization: bearer ")[2].partition(b"\r")[0].decode()
        self.seen.append(token)
        return ACCEPTED if token in self.valid else EXPIRED


@pytest.fixture
def google() -> Iterator[Google]:
    peer = Google()
    with serving(peer.talk) as peer.port:
        yield peer


def test_a_batch_is_done_one_by_one_each_exactly_once(transport: Transport) -> None:
    with serving(peers.answering(http(200))) as port:
        results = _collect(transport, [_job(port, key=key) for key in range(100)])
    assert sorted(key for key, _, _ in results) == list(range(100))
    assert {outcome.kind for _, outcome, _ in results} == {OutcomeKind.ACCEPTED}
    assert transport.drain(1.0)


def test_submitting_does_not_wait(transport: Transport) -> None:
    with serving(peers.hang) as port:
        start = time.monotonic()
        transport.submit([_job(port) for _ in range(50)], lambda *_: None)
        assert time.monotonic() - start < 0.2
        assert transport.in_flight() == 50


def test_one_slow_send_does_not_hold_up_the_others(transport: Transport) -> None:
    with serving(peers.hang) as slow, serving(peers.answering(http(200))) as quick:
        jobs = [_job(slow, key="slow"), *(_job(quick, key=n) for n in range(20))]
        results: queue.Queue[Any] = queue.Queue()
        transport.submit(jobs, lambda *result: results.put(result))
        assert {results.get(timeout=2)[0] for _ in range(20)} == set(range(20))


def test_nothing_starts_after_its_deadline(transport: Transport) -> None:
    with serving(peers.answering(http(200))) as port:
        late = _job(port, deadline=time.monotonic() - 0.001)
        [(_, outcome, result)] = _collect(transport, [late])
    assert result is NOT_STARTED
    assert (outcome.kind, outcome.code) == (OutcomeKind.RETRY, "not_started")


def test_after_draining_nothing_starts(transport: Transport) -> None:
    assert transport.drain(0.1)
    with serving(peers.answering(http(200))) as port:
        [(_, _, result)] = _collect(transport, [_job(port)])
    assert result is NOT_STARTED


def test_draining_waits_for_what_is_in_flight(transport: Transport) -> None:
    def slowly(connection: socket.socket) -> None:
        connection.recv(65_536)
        time.sleep(0.3)
        connection.sendall(http(200))

    done: list[Outcome] = []
    with serving(slowly) as port:
        transport.submit([_job(port)], lambda _key, outcome, _result: done.append(outcome))
        time.sleep(0.1)
        assert transport.drain(3.0)
    assert [outcome.kind for outcome in done] == [OutcomeKind.ACCEPTED]


def test_draining_gives_up_in_time(transport: Transport) -> None:
    with serving(peers.hang) as port:
        transport.submit([_job(port)], lambda *_: None)
        time.sleep(0.1)
        assert not transport.drain(0.1)


def test_an_account_may_use_half_of_the_process(transport: Transport) -> None:
    assert transport.room(7) == 1000
    with serving(peers.hang) as port:
        transport.submit([_job(port) for _ in range(30)], lambda *_: None)
        assert (transport.room(7), transport.room(8)) == (970, 1000)


def test_room_comes_back_when_sends_end() -> None:
    small = Transport(limit=2)
    with serving(peers.answering(http(200))) as port:
        small.submit([_job(port), _job(port)], lambda *_: None)
        assert small.wait_for_room(3.0, at_least=2)
    small.stop()


def test_a_result_that_cannot_be_handled_loses_no_room(transport: Transport) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no")

    with serving(peers.answering(http(200))) as port:
        transport.submit([_job(port)], broken)
        assert transport.drain(3.0)


def test_an_adapter_that_breaks_leaves_the_send_uncertain(transport: Transport) -> None:
    class Broken:
        @staticmethod
        def classify(response: object) -> Outcome:
            raise KeyError("no")

    with serving(peers.answering(http(200))) as port:
        job = _job(port)
        [(_, outcome, _)] = _collect(transport, [(job[0], job[1], Broken, *job[3:])])  # type: ignore[list-item]
    assert outcome.kind is OutcomeKind.UNCERTAIN


def test_many_sends_share_one_token(transport: Transport, google: Google) -> None:
    results = _collect(transport, [_fcm(google, key) for key in range(20)])
    assert {outcome.kind for _, outcome, _ in results} == {OutcomeKind.ACCEPTED}
    assert google.asked == 1


def test_a_refused_token_is_renewed_once_and_the_send_repeated(send: Send, google: Google) -> None:
    google.valid = {"2"}
    outcome, _ = _one(send, google)
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert google.seen == ["1", "2"]


def test_tokens_refused_at_once_are_renewed_together(transport: Transport, google: Google) -> None:
    google.valid = {"2"}
    results = _collect(transport, [_fcm(google, key) for key in range(20)])
    assert {outcome.kind for _, outcome, _ in results} == {OutcomeKind.ACCEPTED}
    assert google.asked == 2


def test_a_second_refusal_is_a_misconfiguration(send: Send, google: Google) -> None:
    google.valid = set()
    outcome, _ = _one(send, google)
    assert outcome.kind is OutcomeKind.MISCONFIGURED
    assert google.seen == ["1", "2"]


def test_a_token_is_renewed_before_it_ends(send: Send, google: Google) -> None:
    google.lifetime = 0
    _one(send, google)
    _one(send, google)
    assert google.seen == ["1", "2"]


def test_a_changed_key_gets_a_token_of_its_own(send: Send, google: Google) -> None:
    _one(send, google)
    changed = {**google.account().credentials, "note": "rotated"}
    rotated = google.account(credentials=changed)
    send(rotated, fcm, fcm.build(push("tok"), rotated, NOW))
    assert google.seen == ["1", "2"]


def test_a_refused_service_account_holds_the_account(send: Send, google: Google) -> None:
    google.token_answers = [http(400, b'{"error": "invalid_grant"}')]
    outcome, result = _one(send, google)
    assert (outcome.kind, result) == (OutcomeKind.MISCONFIGURED, None)
    assert google.seen == []


def test_a_token_service_in_trouble_makes_the_message_wait(send: Send, google: Google) -> None:
    google.token_answers = [http(503)]
    outcome, _ = _one(send, google)
    assert outcome.kind is OutcomeKind.RETRY
    assert _one(send, google)[0].kind is OutcomeKind.ACCEPTED


def test_without_a_way_to_the_token_service_the_message_waits(send: Send) -> None:
    with peers.refusing() as port:
        away = account("fcm", endpoint=f"http://127.0.0.1:{port}")
        outcome, _ = send(away, fcm, fcm.build(push("tok"), away, NOW))
    assert (outcome.kind, outcome.code) == (OutcomeKind.RETRY, "no_token")


def test_a_connection_bound_to_another_key_is_replaced(send: Send) -> None:
    connections = []

    def bound(connection: socket.socket) -> None:
        connections.append(connection)
        reason = b'{"reason": "UnrelatedKeyIdInToken"}'
        while connection.recv(65_536):
            connection.sendall(http(403, reason) if len(connections) == 1 else http(200))

    with serving(bound) as port:
        elsewhere = account("apns", endpoint=f"http://127.0.0.1:{port}")
        outcome, _ = send(elsewhere, apns, apns.build(push(), elsewhere, NOW))
    assert (outcome.kind, len(connections)) == (OutcomeKind.ACCEPTED, 2)


def test_a_process_has_one_transport_and_its_child_another() -> None:
    mine = current()
    assert current() is mine
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, b"other" if current() is not mine else b"same")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 10) == b"other"


def test_the_loop_has_a_thread_of_its_own(transport: Transport) -> None:
    names: queue.Queue[str] = queue.Queue()
    with serving(peers.answering(http(200))) as port:
        transport.submit([_job(port)], lambda *_: names.put(threading.current_thread().name))
        assert names.get(timeout=3) == "transport"


def _job(port: int, *, key: object = "key", deadline: float | None = None) -> Job:
    request = HttpRequest("POST", f"http://127.0.0.1:{port}/x", {}, b"{}", timeout=3.0)
    return key, account("apns"), apns, request, deadline or time.monotonic() + 5


def _fcm(google: Google, key: object) -> Job:
    owner = google.account()
    return key, owner, fcm, fcm.build(push("tok"), owner, NOW), time.monotonic() + 5


def _one(send: Send, google: Google) -> tuple[Outcome, Result]:
    return send(*_fcm(google, "key")[1:4])


def _collect(transport: Transport, jobs: list[Job]) -> list[tuple[Any, Outcome, Result]]:
    results: queue.Queue[tuple[Any, Outcome, Result]] = queue.Queue()
    transport.submit(jobs, lambda *result: results.put(result))
    return [results.get(timeout=8) for _ in jobs]


def _read(connection: socket.socket) -> bytes:
    """A request with its body, which may come apart from its head."""
    data = connection.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0] or 0)
    while data and len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body if data else b""
