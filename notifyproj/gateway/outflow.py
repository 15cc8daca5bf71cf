"""How far an answer may be ahead of whoever reads it."""

import asyncio

from notifyproj.gateway import sockets

WINDOW = 262_144  # bytes on their way; an answer of no more is never looked at
LOOK_SECONDS = 0.02


class Outflow:
    """Of one answer: what was handed to granian, and what the other end has taken of it."""

    def __init__(self, client: str) -> None:
        self._client = client
        self._connection: sockets.Connection | None = None
        self._sought = False
        self._before = 0  # bytes that the connection had taken when it was found
        self._unseen = 0  # bytes sent until then
        self._sent = 0

    @property
    def moved(self) -> int:
        """Bytes that the other end has; of the first ones, it is believed to."""
        taken = self._connection.taken() - self._before if self._connection else self._sent
        return self._unseen + taken

    async def sent(self, size: int) -> None:
        """Returns when there is room for more, or nobody is there any more."""
        self._sent += size
        if self._sent <= WINDOW:
            return
        if not self._sought:
            await asyncio.to_thread(self._find)
        while self._connection and self._unseen + self._sent - self.moved > WINDOW:
            if self._connection.is_over():
                return
            await asyncio.sleep(LOOK_SECONDS)

    def break_off(self) -> None:
        """Before granian ends the answer as if it were whole."""
        self._find()
        if self._connection:
            self._connection.break_off()

    def close(self) -> None:
        if self._connection:
            self._connection.close()

    def _find(self) -> None:
        if not self._sought:
            self._sought = True
            self._connection = sockets.find(self._client)
            self._before = self._connection.taken() if self._connection else 0
            self._unseen, self._sent = self._sent, 0
