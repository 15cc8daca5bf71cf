"""Callbacks of one event loop on their way into the table: what arrives within some milliseconds
is written by one statement, and each is answered once it is committed."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from django.db import Error, InterfaceError, OperationalError, connection

from notifications.callbacks.receive import store
from notifications.callbacks.receive.store import Inbound

log = logging.getLogger(__name__)

GATHER = 0.005  # seconds
MOST_ROWS = 500  # in one statement
MOST_WAITING = 64 * 1024 * 1024  # bytes; above it, providers are asked to come again
PATIENCE = 10.0  # seconds; Twilio waits 15


class NotStored(Exception):
    """It may have been: the provider sends it again, and it counts once."""


class Intake:
    """Belongs to one event loop; `write` runs in a thread with a connection of its own."""

    def __init__(self, write: Callable[[Sequence[Inbound]], None] | None = None) -> None:
        self._write = write_rows if write is None else write
        self._waiting: list[tuple[Inbound, asyncio.Future[None]]] = []
        self._bytes = 0
        self._writing: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "callbacks")

    async def put(self, row: Inbound) -> None:
        """Returns when it is stored. Raises NotStored."""
        if self._bytes + len(row.body) > MOST_WAITING:
            raise NotStored
        stored = asyncio.get_running_loop().create_future()
        self._waiting.append((row, stored))
        self._bytes += len(row.body)
        if self._writing is None:
            self._writing = asyncio.create_task(self._run())
        try:
            async with asyncio.timeout(PATIENCE):
                await stored
        except TimeoutError:
            raise NotStored from None

    async def _run(self) -> None:
        await asyncio.sleep(GATHER)
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST_ROWS], self._waiting[MOST_ROWS:]
                await self._store(batch)
        finally:
            self._writing = None

    async def _store(self, batch: list[tuple[Inbound, asyncio.Future[None]]]) -> None:
        rows = [row for row, _ in batch]
        problem: NotStored | None = None
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._write, rows)
        except Exception as error:
            log.error("callbacks were not stored", extra={"error": type(error).__name__})
            problem = NotStored()
        self._bytes -= sum(len(row.body) for row in rows)
        for _, stored in batch:
            if stored.done():
                continue  # who waited has given up
            if problem:
                stored.set_exception(problem)
            else:
                stored.set_result(None)


def write_rows(rows: Sequence[Inbound]) -> None:
    """Once more over a new connection, if the old one broke. Raises django.db.Error."""
    try:
        store.insert(rows)
    except (OperationalError, InterfaceError):
        connection.close()
        store.insert(rows)
    except Error:
        connection.close_if_unusable_or_obsolete()
        raise
