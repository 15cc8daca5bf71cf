"""Somebody else's URL, on real sockets; only what the names mean is made up."""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from channels.base import NOT_STARTED, HttpRequest, HttpResponse, Outcome, OutcomeKind
from channels.transport.connections import MAX_BODY, Answer
from channels.transport.guarded import PLACES, Guarded
from channels.transport.window import FIRST
from tests.channels import peers
from tests.channels.peers import Authority, serving
from tests.channels.samples import account

PUBLIC = "93.184.215.14"
ACCOUNT = account("twilio")


def request(url: str, **changes: Any) -> HttpRequest:
    base = HttpRequest("POST", url, {"x-test": "1"}, b"{}", timeout=1.0, guarded=True)
    return replace(base, **changes)


def fetch(guarded: Guarded, *requests: HttpRequest, within: float = 5.0, **of: Any) -> list[Answer]:
    async def all_of_them() -> list[Answer]:
        deadline = time.monotonic() + within
        sender = replace(ACCOUNT, **of)
        return await asyncio.gather(*(guarded.fetch(sender, r, deadline) for r in requests))

    return asyncio.run(all_of_them())


def names(*answers: list[str]) -> Callable[[str], Any]:
    """A resolver that gives these one after the other, then the last for ever."""
    left = list(answers)

    async def resolve(host: str) -> list[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


def refused(answer: Answer) -> OutcomeKind:
    assert isinstance(answer, Outcome)
    assert answer.code == "url_refused"
    return answer.kind


def test_a_name_that_leads_inwards_is_refused_and_nothing_is_connected() -> None:
    heard: list[int] = []
    with serving(lambda connection: heard.append(1)) as port:
        guarded = Guarded(names(["127.0.0.1"]), allow_loopback=True)
        [answer] = fetch(guarded, request(f"https://inside.example:{port}/"))
        [other] = fetch(guarded, request("https://inside.example/"))
    assert refused(answer) is OutcomeKind.BAD_RECIPIENT  # for its port already
    assert refused(other) is OutcomeKind.REJECTED
    assert not heard


def test_a_name_that_changes_its_mind_after_it_was_vetted_reaches_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DNS rebinding: public when asked, this machine when the client would ask again."""
    monkeypatch.setattr("channels.transport.ssrf.PORTS", range(65_536))
    heard: list[int] = []
    with serving(lambda connection: heard.append(1)) as port:
        guarded = Guarded(names([PUBLIC], ["127.0.0.1"]), allow_loopback=False)
        # The one name that the client could look up by itself here, were it not told.
        monkeypatch.setattr("channels.transport.ssrf._refuse_host", lambda host: None)
        [answer] = fetch(guarded, request(f"https://localhost:{port}/"))
    assert not isinstance(answer, HttpResponse)
    assert not heard


def test_a_look_up_is_vetted_anew_when_it_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels.transport.dns.FRESH", 0.0)
    guarded = Guarded(names(["10.0.0.1"], [PUBLIC], ["10.0.0.1"]), allow_loopback=False)
    quick = request("https://hooks.example.com/", timeout=0.05)
    assert refused(fetch(guarded, quick)[0]) is OutcomeKind.REJECTED
    assert not isinstance(fetch(guarded, quick)[0], Outcome)
    assert refused(fetch(guarded, quick)[0]) is OutcomeKind.REJECTED


def test_the_connection_goes_to_the_vetted_address_under_the_urls_name(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SNI, certificate and Host are those of the name, though nobody can look it up."""
    monkeypatch.setattr("channels.transport.ssrf.PORTS", range(65_536))
    monkeypatch.setattr("channels.transport.ssrf.is_public", lambda address: address == "127.0.0.1")
    seen: list[bytes] = []

    def answer(connection: Any) -> None:
        seen.append(connection.recv(65_536))
        connection.sendall(peers.http(200, b"ok"))

    name = "hooks.example.com"
    folder = authority.certificate.parent / "named"
    folder.mkdir(exist_ok=True)
    named = peers.make_authority(folder, name)
    with serving(answer, named.context()) as port:
        guarded = Guarded(names(["127.0.0.1"]), allow_loopback=False)
        [found] = fetch(guarded, request(f"https://{name}:{port}/x"), ca_certificate=named.ca)
    assert isinstance(found, HttpResponse)
    assert f"host: {name}:{port}".encode() in seen[0].lower()


def test_the_next_address_is_tried_when_the_first_takes_no_connection() -> None:
    with serving(peers.answering(peers.http(200, b"ok"))) as port:
        guarded = Guarded(names(["127.0.0.2", "127.0.0.1"]), allow_loopback=True)
        [answer] = fetch(guarded, request(f"http://localhost:{port}/"))
    assert isinstance(answer, HttpResponse)


def test_a_redirect_is_an_answer_and_followed_nowhere() -> None:
    moved = peers.http(302, b"", "Location: http://127.0.0.1:1/\r\n")
    with serving(peers.answering(moved)) as port:
        [answer] = fetch(Guarded(allow_loopback=True), request(f"http://127.0.0.1:{port}/"))
    assert isinstance(answer, HttpResponse)
    assert answer.status == 302


def test_cookies_are_not_kept() -> None:
    seen: list[bytes] = []

    def answer(connection: Any) -> None:
        while data := connection.recv(65_536):
            seen.append(data.lower())
            connection.sendall(peers.http(200, b"", "Set-Cookie: a=b\r\n"))

    with serving(answer) as port:
        guarded, url = Guarded(allow_loopback=True), f"http://127.0.0.1:{port}/"
        fetch(guarded, request(url))
        fetch(guarded, request(url))
    assert len(seen) == 2
    assert b"cookie" not in seen[1]


def test_an_endless_answer_is_read_to_a_limit() -> None:
    def flood(connection: Any) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")

    with serving(flood) as port:
        [answer] = fetch(Guarded(allow_loopback=True), request(f"http://127.0.0.1:{port}/"))
    assert isinstance(answer, HttpResponse)
    assert len(answer.body) == MAX_BODY


def test_without_permission_this_machine_is_refused() -> None:
    [answer] = fetch(Guarded(allow_loopback=False), request("http://127.0.0.1:8002/"))
    assert refused(answer) is OutcomeKind.BAD_RECIPIENT


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/", "http://169.254.169.254/", "http://[fe80::1]/"]
)
def test_permission_for_this_machine_opens_no_other(url: str) -> None:
    [answer] = fetch(Guarded(allow_loopback=True), request(url))
    assert refused(answer) is OutcomeKind.BAD_RECIPIENT


def test_a_name_nobody_knows_is_tried_again_later() -> None:
    async def unknown(host: str) -> list[str]:
        raise OSError("no such name")

    [answer] = fetch(Guarded(unknown, allow_loopback=False), request("https://hooks.example.com/"))
    assert getattr(answer, "sent", None) is False


def test_many_requests_ask_for_a_name_once() -> None:
    asked: list[str] = []

    async def slow(host: str) -> list[str]:
        asked.append(host)
        await asyncio.sleep(0.05)
        return ["10.0.0.1"]

    fetch(Guarded(slow, allow_loopback=False), *[request("https://hooks.example.com/")] * 20)
    assert asked == ["hooks.example.com"]


def test_a_hanging_server_holds_few_places_and_nobody_elses() -> None:
    """The others of that endpoint wait for a place and are not started; another's goes through."""
    busy, most, lock = [0], [0], threading.Lock()

    def hang(connection: Any) -> None:
        connection.recv(65_536)
        with lock:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        time.sleep(0.8)

    with serving(hang) as slow, serving(peers.answering(peers.http(200, b"ok"))) as quick:
        urls = [(f"http://127.0.0.1:{slow}/", "slow")] * (PLACES + 5)
        urls.append((f"http://127.0.0.1:{quick}/", "quick"))
        requests = [request(url, endpoint=endpoint, timeout=0.6) for url, endpoint in urls]
        *late, good = fetch(Guarded(allow_loopback=True), *requests, within=0.3)
    assert isinstance(good, HttpResponse)
    assert most[0] == FIRST  # it has answered nothing yet
    assert late.count(NOT_STARTED) == PLACES + 5 - FIRST


def test_a_url_the_client_reads_as_another_name_is_refused() -> None:
    guarded = Guarded(names([PUBLIC]), allow_loopback=False)
    [answer] = fetch(guarded, request("https://inside%2eexample.com/"))
    assert refused(answer) is OutcomeKind.BAD_RECIPIENT
