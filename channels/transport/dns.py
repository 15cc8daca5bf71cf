"""What host names mean, for those of somebody else: they may be slow, wrong, or change.

One question at a time for each name, its answer believed for a while, and a name that hangs takes
nobody else's turn.
"""

import asyncio
import socket
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic

Resolver = Callable[[str], Awaitable[list[str]]]

FRESH = 30.0  # seconds an answer is believed, also that there is none
PATIENCE = 3.0  # seconds
MOST = 4_096  # names remembered
AT_ONCE = 64  # threads that ask; the system's resolver may hang for half a minute

_turns = threading.BoundedSemaphore(AT_ONCE)


class Names:
    """Belongs to one event loop."""

    def __init__(self, resolve: Resolver) -> None:
        self._resolve = resolve
        self._known: OrderedDict[str, tuple[float, list[str] | None]] = OrderedDict()
        self._asked: dict[str, asyncio.Task[list[str] | None]] = {}

    async def find(self, host: str) -> list[str]:
        """Raises OSError when it cannot be learnt now."""
        until, found = self._known.get(host, (0.0, None))
        if monotonic() >= until:
            found = await asyncio.shield(self._asked.get(host) or self._ask(host))
        if found is None:
            raise OSError("the host could not be looked up")
        return found

    def _ask(self, host: str) -> "asyncio.Task[list[str] | None]":
        task = self._asked[host] = asyncio.get_running_loop().create_task(self._learn(host))
        task.add_done_callback(lambda _: self._asked.pop(host, None))
        return task

    async def _learn(self, host: str) -> list[str] | None:
        found = None
        with suppress(OSError, UnicodeError):  # TimeoutError is one
            async with asyncio.timeout(PATIENCE):
                found = await self._resolve(host)
        self._known[host] = (monotonic() + FRESH, found)
        self._known.move_to_end(host)
        while len(self._known) > MOST:
            self._known.popitem(last=False)
        return found


async def look_up(host: str) -> list[str]:
    """In the order in which the system would try them. Raises OSError.

    In a thread of its own: those of the loop are four, and as many names that hang would stop all.
    """
    turns = _turns
    if not turns.acquire(blocking=False):
        raise OSError("too many look-ups")
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def settle(found: list[str] | Exception) -> None:
        if answer.done():  # nobody waits any more
            return
        if isinstance(found, Exception):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def ask() -> None:
        try:
            found: list[str] | Exception = _addresses(host)
        except (OSError, UnicodeError) as error:
            found = error
        finally:
            turns.release()
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(settle, found)

    threading.Thread(target=ask, name="look-up", daemon=True).start()
    return await answer


def _addresses(host: str) -> list[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
