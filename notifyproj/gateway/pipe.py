"""A large body as a file that a thread reads, while the loop takes it from the socket.

Nothing is kept besides one piece: the sender waits for the reader.
"""

import asyncio
import io

from django.http import UnreadablePostError

from notifyproj.gateway.bodies import Broken, Reader


class BodyEnded(UnreadablePostError):
    """An OSError, of which Django and the API make a 400."""


class Pipe(io.BufferedIOBase):
    def __init__(self, begun: bytes, reader: Reader, loop: asyncio.AbstractEventLoop) -> None:
        self._piece = memoryview(begun)
        self._reader = reader
        self._loop = loop

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Blocks until there are `size` bytes, or the body ends. Raises BodyEnded."""
        left = -1 if size is None else size
        parts: list[bytes] = []
        while left and self._fill():
            part = bytes(self._piece if left < 0 else self._piece[:left])
            self._piece = self._piece[len(part) :]
            left = left - len(part) if left > 0 else left
            parts.append(part)
        return b"".join(parts)

    def _fill(self) -> bool:
        """Whether there is a byte left."""
        if not self._piece and not self._reader.ended:
            waiting = asyncio.run_coroutine_threadsafe(self._reader.piece(), self._loop)
            try:
                self._piece = memoryview(waiting.result())
            except (TimeoutError, Broken) as error:
                raise BodyEnded("The request body is incomplete.") from error
        return bool(self._piece)


class Unread(io.RawIOBase):
    """The body of a request that is refused for its size: whoever reads it gets no half of it."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        raise BodyEnded("The request body is too large.")
