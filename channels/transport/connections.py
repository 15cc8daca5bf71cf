"""HTTP on the wire: one request and its answer; which connections an account's requests take, and
when they may start. Nothing here retries or follows redirects.
"""

import asyncio
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
    HttpRequest,
    HttpResponse,
    Outcome,
    OutcomeKind,
    TransportFailure,
)
from channels.transport import tls_failures
from channels.transport.in_flight import Flow
from channels.transport.window import Steady, Window

# What came back; why nothing did; or what is wrong with the request or the account itself.
Answer = HttpResponse | TransportFailure | Outcome
Pinned = tuple[str, str]  # a host, and the address it has; no other is looked up for it
NOT_PINNED: Pinned = ("", "")
MAX_BODY = 65_536  # bytes of an answer that are read
# In the chain of causes, hyper's word for "no connection, so nothing was written". The class of the
# exception does not tell: a peer that reads the request and resets or hangs is reported as
# ConnectError and ConnectTimeoutError too (pyreqwest 0.15.1, 2026-11).
NEVER_LEFT = "client error (Connect)"
MALFORMED = Outcome(OutcomeKind.REJECTED, "The request could not be formed", "bad_request")
NO_HTTP2 = Outcome(OutcomeKind.MISCONFIGURED, "The provider did not speak HTTP/2", "no_http2")
MAX_HTTP1 = 100  # connections of one line
MAX_HTTP2 = 1_000  # requests at a time on one connection


def make_client(
    ca_certificate: str, timeout: float, *, pinned: Pinned = NOT_PINNED, only_http2: bool = False
) -> Client:
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
    if pinned[0]:
        builder = builder.resolve(*pinned, 0)  # 0: the URL's own port
    if ca_certificate:
        builder = builder.add_root_certificate_pem(ca_certificate.encode())
    return builder.build()


async def exchange(client: Client, request: HttpRequest, token: str) -> Answer:
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
    sent = NEVER_LEFT not in causes
    if not sent and (tls := tls_failures.named(causes)):
        return TransportFailure(sent=False, reason=tls[1], code=tls[0])
    # Never the first cause or the error's own text: they name the URL, and that the address.
    reason = f"{type(error).__name__}: {causes[-1]}" if causes[1:] else type(error).__name__
    return TransportFailure(
        sent=sent,
        reason=reason[:200],
        timed_out=isinstance(error, TimeoutError),
    )


@cache
def _span(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


class Http1:
    """Every request in flight takes a connection of its own, so not all of them at once, and
    fewer than that of a peer that is slow."""

    def __init__(
        self,
        ca_certificate: str,
        timeout: float,
        pinned: Pinned = NOT_PINNED,
        *,
        paced: bool = False,
    ) -> None:
        """`paced`: what comes was let through by a flow of its endpoint's already."""
        self.client = make_client(ca_certificate, timeout, pinned=pinned)
        self.flow = Flow(Steady(MAX_HTTP1) if paced else Window(MAX_HTTP1, timeout))

    async def send(self, request: HttpRequest, token: str, deadline: float) -> Answer:
        return await _in_turn(self.flow, self.client, request, token, deadline)


class Http2:
    """One connection, on which requests are in flight together: as many as the peer answers soon,
    since one that waits for a free stream has its time limit running.

    A client that may speak both versions opens a connection for each request that comes before
    the first is up: 500 for a cold batch of 500 (2026-11). One that speaks only HTTP/2 shares the
    first, but talks it blindly, also to a peer without it. So a first request goes alone, by a
    client of both versions, and shows which it is; Apple asks for that order, too.
    """

    def __init__(
        self,
        ca_certificate: str,
        timeout: float,
        pinned: Pinned = NOT_PINNED,
        *,
        paced: bool = False,
    ) -> None:
        self.client = make_client(ca_certificate, timeout, pinned=pinned, only_http2=True)
        self._scout = make_client(ca_certificate, timeout, pinned=pinned)
        self.flow = Flow(Steady(MAX_HTTP2) if paced else Window(MAX_HTTP2, timeout))
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
        return await _in_turn(self.flow, self.client, request, token, deadline)

    async def _go_first(self, request: HttpRequest, token: str) -> Answer:
        self._first = first = asyncio.get_running_loop().create_future()
        answer: Answer = MALFORMED
        started = monotonic()
        try:
            answer = await exchange(self._scout, request, token)
            self._proven = isinstance(answer, HttpResponse)
            return answer
        finally:
            if self._proven:
                self.flow.window.ended(monotonic() - started, 1)
            self._first = None
            first.set_result(answer)


async def _in_turn(
    flow: Flow, client: Client, request: HttpRequest, token: str, deadline: float
) -> Answer:
    """The time limit of `request` begins with its place, not while it waits for one."""
    if not flow.take() and not await flow.enter(deadline):
        return NOT_STARTED
    started = monotonic()
    try:
        return await exchange(client, request, token)
    finally:
        flow.leave(started)


Line = Http1 | Http2
