"""A bounded number of places, and no waiting for one beyond a deadline."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic


class Gate:
    """Belongs to one event loop."""

    def __init__(self, places: int) -> None:
        self._places = asyncio.Semaphore(places)

    @asynccontextmanager
    async def place(self, deadline: float) -> AsyncIterator[bool]:
        """Whether there was one before `deadline`, monotonic; kept to the end of the block."""
        entered = await self._enter(deadline)
        try:
            yield entered
        finally:
            if entered:
                self._places.release()

    async def _enter(self, deadline: float) -> bool:
        if not self._places.locked():
            return await self._places.acquire()
        try:
            async with asyncio.timeout(max(deadline - monotonic(), 0.0)):
                return await self._places.acquire()
        except TimeoutError:
            return False
