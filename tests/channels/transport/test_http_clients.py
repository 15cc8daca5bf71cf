"""One request and what may happen to it, on real sockets."""

import os
import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from channels.base import HttpRequest, HttpResponse, OutcomeKind, TransportFailure
from channels.push import apns
from channels.transport.loop import Transport
from channels.web_push import vapid
from notifyproj.launch.servers.valkey import free_port
from tests.channels import peers
from tests.channels.conftest import Send
from tests.channels.peers import Authority, serving
from tests.channels.samples import NOW, account, push

# An HTTP/2 peer: an application of three lines, in a process of its own.
H2_PEER = """
import sys
from pathlib import Path
from granian import Granian
async def application(scope, receive, send):
    body = scope["http_version"].encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"apns-id", b"x")]})
    await send({"type": "http.response.body", "body": body})
if __name__ == "__main__":
    port, certificate, key, http = sys.argv[1:]
    Granian("h2_peer:application", port=int(port), interface="asgi", http=http, log_enabled=False,
            ssl_cert=Path(certificate), ssl_key=Path(key), ssl_key_password=None).serve()
"""


def request(url: str, **changes: object) -> HttpRequest:
    base = HttpRequest("POST", url, {"content-type": "text/plain"}, b"{}", timeout=0.6)
    return replace(base, **changes)  # type: ignore[arg-type]


def failure(send: Send, port: int, scheme: str = "http") -> TransportFailure:
    _, result = send(account("apns"), apns, request(f"{scheme}://127.0.0.1:{port}/secret"))
    assert isinstance(result, TransportFailure)
    assert "secret" not in result.reason
    return result


@pytest.mark.parametrize(
    ("place", "timed_out"), [(peers.refusing, False), (peers.unreachable, True)]
)
def test_without_a_connection_nothing_left(
    send: Send, place: Callable[[], AbstractContextManager[int]], timed_out: bool
) -> None:
    with place() as port:
        failed = failure(send, port)
    assert (failed.sent, failed.timed_out) == (False, timed_out)


@pytest.mark.parametrize(
    "handler", [peers.reset, peers.hang_up, peers.babble, peers.stop_halfway, peers.hang]
)
def test_once_the_request_was_read_it_may_count(send: Send, handler: peers.Handler) -> None:
    with serving(handler) as port:
        failed = failure(send, port)
    assert (failed.sent, failed.timed_out) == (True, handler is peers.hang)


@pytest.mark.parametrize("handler", [peers.reset, peers.hang_up, peers.hang])
def test_over_tls_it_may_count_as_well(
    send: Send, authority: Authority, handler: peers.Handler
) -> None:
    private = account("apns", ca_certificate=authority.ca)
    with serving(handler, authority.context()) as port:
        _, result = send(private, apns, request(f"https://localhost:{port}/x"))
    assert isinstance(result, TransportFailure)
    assert result.sent


def test_a_certificate_of_an_unknown_ca_stops_everything(send: Send, authority: Authority) -> None:
    with serving(peers.answering(peers.http(200)), authority.context()) as port:
        failed = failure(send, port, "https")
    assert (failed.sent, failed.timed_out) == (False, False)
    assert failed.code == "tls_unknown_ca"


def test_a_handshake_that_hangs_sends_nothing(send: Send) -> None:
    with serving(peers.hang) as port:
        failed = failure(send, port, "https")
    assert (failed.sent, failed.timed_out) == (False, True)


def test_a_private_ca_is_trusted_by_its_account(send: Send, authority: Authority) -> None:
    private = account("apns", ca_certificate=authority.ca)
    with serving(peers.answering(peers.http(200)), authority.context()) as port:
        outcome, _ = send(private, apns, request(f"https://localhost:{port}/x"))
    assert outcome.kind is OutcomeKind.ACCEPTED


def test_a_ca_that_is_no_certificate_is_a_misconfiguration(send: Send) -> None:
    pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    outcome, _ = send(account("apns", ca_certificate=pem), apns, request("https://127.0.0.1:1/"))
    assert outcome.kind is OutcomeKind.MISCONFIGURED


def test_an_answer_arrives_whole(send: Send) -> None:
    answer = peers.http(400, b'{"reason":"BadDeviceToken"}', "X-Note: Yes\r\n")
    with serving(peers.answering(answer)) as port:
        outcome, result = send(account("apns"), apns, request(f"http://127.0.0.1:{port}/"))
    assert outcome.kind is OutcomeKind.BAD_RECIPIENT
    assert isinstance(result, HttpResponse)
    assert (result.status, result.headers["x-note"]) == (400, "Yes")
    assert result.body == b'{"reason":"BadDeviceToken"}'


def test_only_64_kb_of_a_huge_answer_are_read(send: Send) -> None:
    with serving(peers.answering(peers.http(200, b"x" * 3_000_000))) as port:
        _, result = send(account("apns"), apns, request(f"http://127.0.0.1:{port}/"))
    assert isinstance(result, HttpResponse)
    assert len(result.body) == 65_536


def test_a_redirect_is_not_followed(send: Send) -> None:
    with serving(peers.answering(peers.http(302, headers="Location: /other\r\n"))) as port:
        outcome, result = send(account("apns"), apns, request(f"http://127.0.0.1:{port}/"))
    assert isinstance(result, HttpResponse)
    assert (result.status, outcome.kind) == (302, OutcomeKind.MISCONFIGURED)


def test_a_proxy_of_the_environment_is_not_used(
    send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with serving(peers.answering(peers.http(200))) as port:
        outcome, _ = send(account("apns"), apns, request(f"http://127.0.0.1:{port}/"))
    assert outcome.kind is OutcomeKind.ACCEPTED


@pytest.mark.parametrize(
    "broken",
    [request("http://[x/"), request("nowhere"), request("http://x/", headers={"a": "b\r\nc: d"})],
)
def test_a_request_that_cannot_be_formed_fails_alone(send: Send, broken: HttpRequest) -> None:
    outcome, result = send(account("apns"), apns, broken)
    assert (outcome.kind, result) == (OutcomeKind.REJECTED, None)


@pytest.fixture(scope="module")
def h2_peer(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    yield from _granian(authority, tmp_path_factory.mktemp("h2"), "auto")


@pytest.fixture(scope="module")
def h1_peer(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    yield from _granian(authority, tmp_path_factory.mktemp("h1"), "1")


def test_a_guarded_request_speaks_http2_too(send: Send, authority: Authority, h2_peer: int) -> None:
    """As to a browser's push service: by the vetted address, under the name's certificate."""
    sender = account("vapid", ca_certificate=authority.ca)
    to = request(f"https://localhost:{h2_peer}/push/1", http2=True, guarded=True, timeout=5.0)
    for _ in range(2):  # the second by the client of HTTP/2 alone
        outcome, result = send(sender, vapid, to)
        assert isinstance(result, HttpResponse)
        assert (outcome.kind, result.body) == (OutcomeKind.ACCEPTED, b"2")


def test_http2_is_spoken_where_it_is_offered(
    send: Send, authority: Authority, h2_peer: int
) -> None:
    apple = account("apns", ca_certificate=authority.ca, endpoint=f"https://localhost:{h2_peer}")
    outcome, result = send(apple, apns, apns.build(push(), apple, NOW))
    assert isinstance(result, HttpResponse)
    assert (outcome.kind, result.body) == (OutcomeKind.ACCEPTED, b"2")
    assert outcome.provider_id == "x"


def test_a_peer_without_http2_is_a_misconfiguration_where_it_is_required(
    send: Send, authority: Authority, h1_peer: int, caplog: pytest.LogCaptureFixture
) -> None:
    apple = account("apns", ca_certificate=authority.ca, endpoint=f"https://localhost:{h1_peer}")
    outcomes = [send(apple, apns, apns.build(push(), apple, NOW))[0] for _ in range(2)]
    assert [outcome.code for outcome in outcomes] == ["no_http2"] * 2
    assert len([record for record in caplog.records if "HTTP/2" in record.message]) == 1


def test_a_cold_batch_opens_one_connection_and_one_for_the_first(
    transport: Transport, authority: Authority, h2_peer: int
) -> None:
    connections: list[socket.socket] = []

    def slowly_through(connection: socket.socket) -> None:
        connections.append(connection)
        time.sleep(0.1)  # a handshake takes that long between continents
        with socket.create_connection(("127.0.0.1", h2_peer)) as behind:
            threading.Thread(target=_pump, args=(behind, connection), daemon=True).start()
            _pump(connection, behind)

    with serving(slowly_through) as port:
        apple = account("apns", ca_certificate=authority.ca, endpoint=f"https://localhost:{port}")
        built = apns.build(push(), apple, NOW)
        results: queue.Queue[OutcomeKind] = queue.Queue()
        job = ("key", apple, apns, built, time.monotonic() + 5)
        transport.submit([job] * 50, lambda _key, outcome, _result: results.put(outcome.kind))
        kinds = {results.get(timeout=5) for _ in range(50)}
    assert kinds == {OutcomeKind.ACCEPTED}
    assert len(connections) == 2


def test_a_cold_batch_shares_the_fate_of_its_first_request(transport: Transport) -> None:
    with peers.refusing() as port:
        apple = account("apns", endpoint=f"https://127.0.0.1:{port}")
        built = apns.build(push(), apple, NOW)
        results: queue.Queue[object] = queue.Queue()
        job = ("key", apple, apns, built, time.monotonic() + 5)
        transport.submit([job] * 50, lambda _key, _outcome, result: results.put(result))
        failures = [results.get(timeout=3) for _ in range(50)]
    assert all(isinstance(failure, TransportFailure) for failure in failures)
    assert not any(failure.sent for failure in failures if isinstance(failure, TransportFailure))


def test_plain_http_opens_a_hundred_connections_at_most(transport: Transport) -> None:
    open_now: set[socket.socket] = set()
    most = 0

    def slowly(connection: socket.socket) -> None:
        nonlocal most
        open_now.add(connection)
        most = max(most, len(open_now))
        while connection.recv(65_536):
            time.sleep(0.05)
            connection.sendall(peers.http(200))
        open_now.discard(connection)

    with serving(slowly) as port:
        results: queue.Queue[OutcomeKind] = queue.Queue()
        plain = request(f"http://127.0.0.1:{port}/", timeout=5.0)
        job = ("key", account("apns"), apns, plain, time.monotonic() + 5)
        transport.submit([job] * 300, lambda _key, outcome, _result: results.put(outcome.kind))
        kinds = {results.get(timeout=8) for _ in range(300)}
    assert kinds == {OutcomeKind.ACCEPTED}
    assert most <= 100


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)


def _granian(authority: Authority, folder: Path, http: str) -> Iterator[int]:
    (folder / "h2_peer.py").write_text(H2_PEER)
    port = free_port()
    files = (str(authority.certificate), str(authority.key))
    command = [sys.executable, "h2_peer.py", str(port), *files, http]
    process = subprocess.Popen(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)})
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the HTTP/2 peer did not start")
