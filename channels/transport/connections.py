"""Which connections an account's requests take, and when they may start."""

import asyncio
from time import monotonic

from channels.base import NOT_STARTED, HttpRequest, HttpResponse, TransportFailure
from channels.transport.gate import Gate
from channels.transport.http_exchange import (
    MALFORMED,
    NO_HTTP2,
    NOT_PINNED,
    Answer,
    Pinned,
    exchange,
    make_client,
)

MAX_HTTP1 = 100  # connections of one line


class Http1:
    """Every request in flight takes a connection of its own, so not all of them at once."""

    def __init__(self, ca_certificate: str, timeout: float, pinned: Pinned = NOT_PINNED) -> None:
        self.client = make_client(ca_certificate, timeout, pinned=pinned)
        self._gate = Gate(MAX_HTTP1)

    async def send(self, request: HttpRequest, token: str, deadline: float) -> Answer:
        async with self._gate.place(deadline) as entered:
            return await exchange(self.client, request, token) if entered else NOT_STARTED


class Http2:
    """One connection, on which all requests are in flight together.

    A client that may speak both versions opens a connection for each request that comes before
    the first is up: 500 for a cold batch of 500 (2026-11). One that speaks only HTTP/2 shares the
    first, but talks it blindly, also to a peer without it. So a first request goes alone, by a
    client of both versions, and shows which it is; Apple asks for that order, too.
    """

    def __init__(self, ca_certificate: str, timeout: float, pinned: Pinned = NOT_PINNED) -> None:
        self.client = make_client(ca_certificate, timeout, pinned=pinned, only_http2=True)
        self._scout = make_client(ca_certificate, timeout, pinned=pinned)
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
        return await exchange(self.client, request, token)

    async def _go_first(self, request: HttpRequest, token: str) -> Answer:
        self._first = first = asyncio.get_running_loop().create_future()
        answer: Answer = MALFORMED
        try:
            answer = await exchange(self._scout, request, token)
            self._proven = isinstance(answer, HttpResponse)
            return answer
        finally:
            self._first = None
            first.set_result(answer)


Line = Http1 | Http2
