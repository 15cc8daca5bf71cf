"""Several messages in one request: what becomes of each, whatever the answer."""

import json
import queue
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from channels.base import NOT_STARTED, HttpRequest, Outcome, OutcomeKind
from channels.email.ses import adapter as ses
from channels.messages import EmailMessage
from channels.transport import batch_send
from channels.transport.loop import Job, Result, Transport
from tests.channels import peers
from tests.channels.peers import http, serving
from tests.channels.samples import NOW, account, email, envelope

ONE = http(200, b'{"MessageId": "alone"}')
REFUSED = http(400, b'{"__type": "BadRequestException", "message": "no"}')
Results = dict[object, tuple[Outcome, Result]]


def entries(*statuses: str) -> bytes:
    found = [{"Status": status, "MessageId": f"id-{n}"} for n, status in enumerate(statuses)]
    return http(200, json.dumps({"BulkEmailEntryResults": found}).encode())


@dataclass
class Provider:
    """Answers bulk requests with `bulk`, others with ONE; after `wait` seconds the former."""

    bulk: bytes
    wait: float = 0.0
    paths: list[str] = field(default_factory=list)

    def talk(self, connection: socket.socket) -> None:
        while path := _path(connection):
            self.paths.append(path)
            if "bulk" in path:
                time.sleep(self.wait)
            connection.sendall(self.bulk if "bulk" in path else ONE)

    def alone(self) -> int:
        return sum("bulk" not in path for path in self.paths)


def _path(connection: socket.socket) -> str:
    """Of the next request, all of which is read; "" at the end."""
    data = connection.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0] or 0)
    while data and len(body) < length:
        body += connection.recv(65_536)
    return head.split(b" ", 2)[1].decode() if data else ""


def together(
    transport: Transport, talk: Callable[[socket.socket], None], n: int = 3, within: float = 5.0
) -> Results:
    """The outcome of each of `n` messages, which are called 0, 1, 2 …"""
    with serving(talk) as port:
        found = to_port(transport, port, n, within)
        assert transport.drain(1.0)
    return found


def to_port(transport: Transport, port: int, n: int = 3, within: float = 5.0) -> Results:
    owner = account("ses", endpoint=f"http://127.0.0.1:{port}")
    deadline = time.monotonic() + within
    jobs: list[Job] = [
        (key, owner, ses, ses.build(letter(key), owner, NOW), deadline) for key in range(n)
    ]
    request = ses.build_batch([letter(key) for key in range(n)], owner, NOW)
    results: queue.Queue[Any] = queue.Queue()
    transport.submit_together(jobs, _quick(request), lambda *result: results.put(result))
    found = [results.get(timeout=8) for _ in jobs]
    assert results.empty()
    return {key: (outcome, result) for key, outcome, result in found}


def letter(key: int) -> EmailMessage:
    return email(envelope=envelope(f"person-{key}@example.org"))


def _quick(request: HttpRequest) -> HttpRequest:
    return HttpRequest(request.method, request.url, request.headers, request.body, timeout=1.5)


def kinds(results: Results) -> list[str]:
    return [results[key][0].kind.name for key in range(len(results))]


def test_each_message_has_its_own_outcome(transport: Transport) -> None:
    provider = Provider(entries("SUCCESS", "MESSAGE_REJECTED", "ACCOUNT_THROTTLED"))
    results = together(transport, provider.talk)
    assert kinds(results) == ["ACCEPTED", "REJECTED", "THROTTLED"]
    assert results[0][0].provider_id == "id-0"
    assert len(provider.paths) == 1


def test_what_is_said_of_one_is_not_kept_with_another(transport: Transport) -> None:
    results = together(transport, Provider(entries("SUCCESS", "FAILED", "SUCCESS")).talk)
    assert [getattr(result, "body", None) for _, result in results.values()] == [b""] * 3


NOT_THERE = {
    "a stand-in without it": http(404, b"<html>Not Found</html>"),
    "in words of SES": http(404, b'{"__type": "NotFoundException", "message": "no"}'),
    "by its method": http(405, b""),
    "not implemented": http(501, b'{"__type": "InternalFailure"}'),
    "no right to": http(403, b'{"__type": "com.amazon#AccessDeniedException"}'),
}


@pytest.mark.parametrize("refusal", NOT_THERE.values(), ids=NOT_THERE)
def test_an_account_that_takes_one_a_request_is_asked_once(
    transport: Transport, refusal: bytes
) -> None:
    provider = Provider(refusal)
    with serving(provider.talk) as port:
        for _ in range(3):
            results = to_port(transport, port)
            assert kinds(results) == ["ACCEPTED"] * 3
    assert provider.alone() == 9
    assert len(provider.paths) == 10


def test_after_a_while_it_is_asked_again(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_send, "REMEMBER", -1.0)
    provider = Provider(NOT_THERE["by its method"])
    with serving(provider.talk) as port:
        for _ in range(2):
            to_port(transport, port)
    assert len(provider.paths) - provider.alone() == 2


def test_one_message_that_spoils_a_request_is_not_remembered(transport: Transport) -> None:
    provider = Provider(REFUSED)
    with serving(provider.talk) as port:
        for _ in range(2):
            to_port(transport, port)
    assert len(provider.paths) - provider.alone() == 2


def test_a_request_refused_as_a_whole_goes_one_by_one(transport: Transport) -> None:
    provider = Provider(REFUSED)
    results = together(transport, provider.talk)
    assert {outcome.provider_id for outcome, _ in results.values()} == {"alone"}
    assert provider.alone() == 3


def test_refused_too_late_it_costs_a_try_and_sends_nothing(transport: Transport) -> None:
    provider = Provider(REFUSED, wait=0.6)
    results = together(transport, provider.talk, within=0.3)
    assert {(o.kind.name, o.code) for o, _ in results.values()} == {("RETRY", "batch_refused")}
    assert provider.alone() == 0


def test_after_its_deadline_nothing_starts(transport: Transport) -> None:
    provider = Provider(entries("SUCCESS"))
    results = together(transport, provider.talk, within=-1.0)
    assert all(result is NOT_STARTED for _, result in results.values())
    assert provider.paths == []


def test_without_an_answer_each_is_uncertain(transport: Transport) -> None:
    assert set(kinds(together(transport, peers.hang))) == {"UNCERTAIN"}


def test_an_answer_for_too_few_is_uncertain_for_all(transport: Transport) -> None:
    results = together(transport, Provider(entries("SUCCESS")).talk)
    assert set(kinds(results)) == {"UNCERTAIN"}


def test_an_adapter_that_breaks_loses_nobody(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ses, "classify_batch", lambda response, n: 1 / 0)
    results = together(transport, Provider(entries("SUCCESS")).talk)
    assert set(kinds(results)) == {"UNCERTAIN"}


def test_a_misread_answer_loses_nobody(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = [Outcome(OutcomeKind.ACCEPTED)]
    monkeypatch.setattr(ses, "classify_batch", lambda response, n: one)
    results = together(transport, Provider(entries("SUCCESS")).talk)
    assert set(kinds(results)) == {"UNCERTAIN"}


def test_every_message_counts_as_in_flight(transport: Transport) -> None:
    with serving(peers.hang) as port:
        owner = account("ses", endpoint=f"http://127.0.0.1:{port}")
        later = time.monotonic() + 5
        send = ses.build(letter(0), owner, NOW)
        jobs: list[Job] = [(key, owner, ses, send, later) for key in range(40)]
        transport.submit_together(jobs, send, lambda *_: None)
        assert transport.in_flight() == 40
        assert transport.room(owner.id) == 960
