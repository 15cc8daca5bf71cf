"""Time limits of many waits at once, looked at twice a second: a timer for each request would
cost each of them ten times as much."""

import asyncio
import time
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

LOOK_SECONDS = 0.5
GRACE_SECONDS = 10.0  # for whatever is small
SLOWEST = 8_192  # bytes a second, beyond that


class Wait:
    """One wait of a task, until `at` (monotonic seconds)."""

    __slots__ = ("at", "is_over", "task")

    def __init__(self, task: "asyncio.Task[object] | None", at: float) -> None:
        self.task = task
        self.at = at
        self.is_over = False


class Deadlines:
    """Of one event loop."""

    def __init__(self) -> None:
        self._waits: set[Wait] = set()
        self._looking = False

    @contextmanager
    def until(self, at: float) -> Iterator[None]:
        """Raises TimeoutError from the block, within half a second after `at`."""
        wait = Wait(asyncio.current_task(), at)
        self._waits.add(wait)
        if not self._looking:
            self._look()
        try:
            yield
        except asyncio.CancelledError:
            if not wait.is_over or (wait.task and wait.task.uncancel()):
                raise
            raise TimeoutError from None
        finally:
            self._waits.discard(wait)

    def _look(self) -> None:
        now = time.monotonic()
        for wait in [one for one in self._waits if one.at < now]:
            self._waits.discard(wait)
            wait.is_over = True
            if wait.task:
                wait.task.cancel()
        self._looking = bool(self._waits)
        if self._looking:
            asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)


class Transfer:
    """A body on its way in or out. All its waits together take GRACE_SECONDS at most, and a
    second more for every SLOWEST bytes: a minimum rate that our own work does not count towards."""

    __slots__ = ("_deadlines", "_waited", "moved")

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines = deadlines
        self._waited = 0.0
        self.moved = 0  # bytes

    async def wait(self, something: Awaitable[T]) -> T:
        """Raises TimeoutError."""
        start = time.monotonic()
        left = GRACE_SECONDS + self.moved / SLOWEST - self._waited
        with self._deadlines.until(start + left):
            result = await something
        self._waited += time.monotonic() - start
        return result
