"""One HTTP request and its answer, over pyreqwest. Nothing here retries or follows redirects."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from time import monotonic
from typing import cast

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import PyreqwestError, RequestError
from pyreqwest.request import ConsumedRequest
from pyreqwest.response import Response

from channels.base import (
    NOT_STARTED,
    Account,
    HttpRequest,
    HttpResponse,
    Outcome,
    OutcomeKind,
    TransportFailure,
)
from channels.gate import Gate

logger = logging.getLogger(__name__)

# What came back; why nothing did; or what is wrong with the request or the account itself.
Answer = HttpResponse | TransportFailure | Outcome

MAX_BODY = 65_536  # bytes of an answer that are read
MAX_HTTP1 = 100  # connections of one account
# In the chain of causes, hyper's word for "no connection, so nothing was written". The class of the
# exception does not tell: a peer that reads the request and resets or hangs is reported as
# ConnectError and ConnectTimeoutError too (pyreqwest 0.15.1, 2026-11).
NEVER_LEFT = "client error (Connect)"
MALFORMED = Outcome(OutcomeKind.REJECTED, "The request could not be formed", "bad_request")
BAD_CA = Outcome(OutcomeKind.MISCONFIGURED, "The CA certificate cannot be used", "bad_ca")
NO_HTTP2 = Outcome(OutcomeKind.MISCONFIGURED, "The provider did not speak HTTP/2", "no_http2")


class _Http1:
    """Every request in flight takes a connection of its own, so not all of them at once."""

    def __init__(self, ca_certificate: str, timeout: float) -> None:
        self.client = make_client(ca_certificate, timeout)
        self._gate = Gate(MAX_HTTP1)

    async def send(self, request: HttpRequest, token: str, deadline: float) -> Answer:
        async with self._gate.place(deadline) as entered:
            return await _exchange(self.client, request, token) if entered else NOT_STARTED


class _Http2:
    """One connection, on which all requests are in flight together.

    A client that may speak both versions opens a connection for each request that comes before
    the first is up: 500 for a cold batch of 500 (2026-11). One that speaks only HTTP/2 shares the
    first, but talks it blindly, also to a peer without it. So a first request goes alone, by a
    client of both versions, and shows which it is; Apple asks for that order, too.
    """

    def __init__(self, ca_certificate: str, timeout: float) -> None:
        self.client = make_client(ca_certificate, timeout, only_http2=True)
        self._scout = make_client(ca_certificate, timeout)
        self._proven = False
        self._first: asyncio.Future[Answer] | None = None

    async def send(self, request: HttpRequest, token: str, deadline: float) -> Answer:
        while not self._proven:
            if self._first is None:
                return await self._go_first(request, token)
            answer = await self._first
            if answer is NO_HTTP2 or (isinstance(answer, TransportFailure) and not answer.sent):
                return answer
            if monotonic() > deadline:
                return NOT_STARTED
        return await _exchange(self.client, request, token)

    async def _go_first(self, request: HttpRequest, token: str) -> Answer:
        self._first = first = asyncio.get_running_loop().create_future()
        answer: Answer = MALFORMED
        try:
            answer = await _exchange(self._scout, request, token)
            self._proven = isinstance(answer, HttpResponse)
            return answer
        finally:
            self._first = None
            first.set_result(answer)


class Clients:
    """The HTTP clients of one event loop, made on first use.

    Each account has its own: APNs binds a connection to the key that was first used on it.
    """

    def __init__(self) -> None:
        self._lines: dict[tuple[int, str, float, bool], _Http1 | _Http2] = {}
        self._told: set[int] = set()

    async def fetch(
        self, account: Account, request: HttpRequest, deadline: float, token: str = ""
    ) -> tuple[Answer, Client | None]:
        """The answer, and the client that was used. Does not start after `deadline`, monotonic."""
        try:
            line = self._line(account, request)
        except ValueError:
            return BAD_CA, None
        answer = await line.send(request, token, deadline)
        if answer is NO_HTTP2:
            self._tell(account)
        return answer, line.client

    def forget(self, client: Client | None) -> None:
        """So that the account's next request opens a new connection."""
        for key in [key for key, line in self._lines.items() if line.client is client]:
            del self._lines[key]

    def _line(self, account: Account, request: HttpRequest) -> _Http1 | _Http2:
        key = (account.id, account.ca_certificate, request.timeout, request.http2)
        line = self._lines.get(key)
        if line is None:
            make = _Http2 if request.http2 else _Http1
            line = self._lines[key] = make(account.ca_certificate, request.timeout)
        return line

    def _tell(self, account: Account) -> None:
        if account.id not in self._told:
            self._told.add(account.id)
            logger.error("HTTP/2 is required, but not offered", extra={"account": account.slug})


def make_client(ca_certificate: str, timeout: float, *, only_http2: bool = False) -> Client:
    """A client for requests of `timeout` seconds; connecting may take three quarters of it, so
    that "could not connect" is told apart from "no answer"."""
    builder = (
        ClientBuilder()
        .http2(True)
        .connect_timeout(_span(min(5.0, timeout * 0.75)))
        .pool_idle_timeout(timedelta(minutes=10))
        .follow_redirects(False)
        .referer(False)
        .no_proxy()
        .gzip(False)
        .brotli(False)
        .zstd(False)
        .deflate(False)
        .user_agent("notify")
        # One thread: as fast as several for the CPU it costs, and 40 MB smaller (2026-11).
        .runtime_multithreaded(False)
    )
    if only_http2:
        builder = (
            builder.http2_prior_knowledge()
            .http2_keep_alive_interval(timedelta(seconds=15))  # only while something is in flight
            .http2_keep_alive_timeout(timedelta(seconds=5))
        )
    if ca_certificate:
        builder = builder.add_root_certificate_pem(ca_certificate.encode())
    return builder.build()


async def _exchange(client: Client, request: HttpRequest, token: str) -> Answer:
    try:
        builder = client.request(request.method, request.url).headers(request.headers)
        if token:
            builder = builder.bearer_auth(token)
        builder = builder.body_bytes(request.body).timeout(_span(request.timeout))
        if request.http2:
            return await _whole(builder.build())
        async with builder.build_streamed() as response:
            body = await _read(response)
            return HttpResponse(response.status, cast(Mapping[str, str], response.headers), body)
    except ValueError:
        return MALFORMED
    except PyreqwestError as error:
        return _failure(error)


async def _whole(request: ConsumedRequest) -> Answer:
    """In one step, which costs a third less; for the push services, whose answers are a line."""
    response = await request.send()
    if response.version != "HTTP/2.0":
        return NO_HTTP2
    length = response.get_header("content-length")
    body = b"" if length == "0" else bytes(await response.bytes())[:MAX_BODY]
    return HttpResponse(response.status, cast(Mapping[str, str], response.headers), body)


async def _read(response: Response) -> bytes:
    """At most MAX_BODY bytes of the body; most answers come in one piece."""
    if response.get_header("content-length") == "0":
        return b""
    pieces: list[bytes] = []
    left = MAX_BODY
    while left > 0 and (piece := await response.body_reader.read(left)) is not None:
        pieces.append(bytes(piece))
        left -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _failure(error: PyreqwestError) -> Answer:
    details = error.details.get("causes") if isinstance(error, RequestError) else None
    causes = [cause["message"] for cause in details or ()]
    # Never the first cause or the error's own text: they name the URL, and that the address.
    reason = f"{type(error).__name__}: {causes[-1]}" if causes[1:] else type(error).__name__
    return TransportFailure(
        sent=NEVER_LEFT not in causes,
        reason=reason[:200],
        timed_out=isinstance(error, TimeoutError),
    )


@cache
def _span(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)
