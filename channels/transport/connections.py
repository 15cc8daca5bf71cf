"""Which connections an account's requests take, and when they may start."""

import asyncio
from time import monotonic

from pyreqwest.client import Client

from channels.base import NOT_STARTED, HttpRequest, HttpResponse, TransportFailure
from channels.transport.flow import Flow
from channels.transport.http_exchange import (
    MALFORMED,
    NO_HTTP2,
    NOT_PINNED,
    Answer,
    Pinned,
    exchange,
    make_client,
)
from channels.transport.window import Steady, Window

MAX_HTTP1 = 100  # connections of one line
MAX_HTTP2 = 1_000  # requests at a time on one connection


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
