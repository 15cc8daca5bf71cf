"""Bodies of requests, read on the event loop: bounded each, and together in memory."""

import sys
from collections.abc import AsyncIterator

from notifyproj.gateway.deadlines import Deadlines, Transfer
from notifyproj.gateway.rsgi import Exchange, ProtocolClosed

SMALL = 16_384  # bytes of a body that is taken at once and not counted
MOST_HELD = 64 << 20  # of all larger bodies and answers in this process
MOST_DISCARDED = 8 << 20  # of a body that is refused: its sender then reads why


class Broken(Exception):
    """The body ended before its end."""


class Full(Exception):
    """The bodies of others take all the memory there is for them."""


class Memory:
    """Counts the bytes that are held; strangers get half of what there is."""

    def __init__(self, most: int = MOST_HELD) -> None:
        self.held = 0
        self._most = most

    def take(self, size: int, is_known: bool) -> None:
        """Raises Full."""
        if self.held + size > (self._most if is_known else self._most // 2):
            raise Full
        self.held += size

    def release(self, size: int) -> None:
        self.held -= size


class Reader:
    """One body, in pieces. `length`: as announced, None for chunks."""

    def __init__(self, exchange: Exchange, length: int | None, deadlines: Deadlines) -> None:
        self._exchange = exchange
        self._pieces: AsyncIterator[bytes] | None = None
        self._length = length
        self.transfer = Transfer(deadlines)
        self.ended = False
        self.most = sys.maxsize  # bytes; beyond that it breaks off

    async def small(self) -> bytes:
        """All of it, when little was announced. Raises TimeoutError and Broken."""
        self.ended = True
        try:
            return await self.transfer.wait(self._exchange())
        except ProtocolClosed as error:
            raise Broken from error

    async def piece(self) -> bytes:
        """The next one; b"" at the end. Raises TimeoutError and Broken."""
        if self.ended:
            return b""
        if self._pieces is None:
            self._pieces = aiter(self._exchange)
        piece = await self._next(self._pieces) or b""
        self.transfer.moved += len(piece)
        if self.transfer.moved > self.most:
            raise Broken
        if not piece:
            self.ended = True
            await self._check_end(self._pieces)
        return piece

    async def _check_end(self, pieces: AsyncIterator[bytes]) -> None:
        """granian 2.8 passes over a connection that breaks: the body just ends, with an empty
        piece too many (tests/notifyproj/gateway/test_bodies.py holds it to that)."""
        if self._length is not None and self.transfer.moved != self._length:
            raise Broken
        if self._length is None and await self._next(pieces) is not None:
            raise Broken

    async def _next(self, pieces: AsyncIterator[bytes]) -> bytes | None:
        """None after the last one. `anext` with a default ends CPython 3.11 by SIGSEGV here.
        Raises TimeoutError and Broken."""
        try:
            return await self.transfer.wait(pieces.__anext__())
        except StopAsyncIteration:
            return None
        except ProtocolClosed as error:  # so it says now and then of a chunk that is none
            raise Broken from error

    async def up_to(self, most: int, memory: Memory, is_known: bool) -> bytes:
        """All of it, or its beginning once that is more than `most`: `ended` says which.

        What it returns is counted in `memory` until it is released, unless this raises.
        """
        pieces: list[bytes] = []
        taken = 0
        try:
            while taken <= most and (piece := await self.piece()):
                memory.take(len(piece), is_known)
                taken += len(piece)
                pieces.append(piece)
        except BaseException:
            memory.release(taken)
            raise
        return b"".join(pieces)

    async def discard(self) -> None:
        """What is sent on, for a while: a connection that is closed with bytes unread loses our
        answer."""
        limit = self.transfer.moved + MOST_DISCARDED
        try:
            while self.transfer.moved < limit and await self.piece():
                pass
        except (TimeoutError, Broken):
            self.ended = True
