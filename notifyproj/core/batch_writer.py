"""A thread with a database connection of its own that writes what it is given, in batches.

While the database is away it tries again; of a batch that cannot be written at all, the one row
that spoils it is found by halves and does not take the others with it.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from django.db import InterfaceError, OperationalError, connection

log = logging.getLogger(__name__)

Item = TypeVar("Item")
Row = TypeVar("Row")

AWAY = (OperationalError, InterfaceError)  # also a deadlock, and a connection that broke
AT_WORK = 2.0  # seconds that `flush` waits for a batch that is being written
LOOK = 0.01  # seconds between two looks at how much is unwritten


class BatchWriter(Generic[Item, Row]):
    """`put` may be called from any thread; the thread starts with the first call.

    `name`: of the thread, and in the log.
    `prepare`: makes rows of a batch of items, once. Must not fail for a single item's trouble.
    `write`: writes rows; called again with the same ones after it failed. May raise anything.
    `id_of`: what names a row in the log.
    `every`: seconds between the first item and its batch. `batch`: most items of one.
    `pause`: seconds after a failed write. `patience`: how long the same rows are tried, twice at
    least; a process that was stopped meanwhile may find nothing but an old connection.
    `most`: items that wait; the oldest give way. None: all of them.
    `idle`: seconds without work after which the thread ends, and its connection with it.
    """

    def __init__(
        self,
        *,
        name: str,
        prepare: Callable[[list[Item]], Sequence[Row]],
        write: Callable[[Sequence[Row]], object],
        id_of: Callable[[Row], str],
        every: float,
        batch: int,
        pause: float,
        patience: float,
        most: int | None = None,
        idle: float | None = None,
    ) -> None:
        self.name = name
        self._prepare, self._save, self._id = prepare, write, id_of
        self._every, self._batch, self._pause, self._patience = every, batch, pause, patience
        self._idle = idle
        self._queue: deque[Item] = deque(maxlen=most)
        self._taken = 0  # from the queue, and not written yet
        self._work = threading.Event()
        self._stopping = threading.Event()
        self._writing = threading.Lock()  # one batch at a time
        self._starting = threading.Lock()  # the thread begins and ends behind it
        self._thread: threading.Thread | None = None

    def put(self, item: Item) -> None:
        self._queue.append(item)
        if not self._work.is_set():
            self._work.set()
        if self._thread is None:
            self._start()

    def wait_below(self, most: int, timeout: float) -> bool:
        """Wait until `most` items at most are unwritten; False after `timeout` seconds."""
        give_up = time.monotonic() + timeout
        while len(self._queue) + self._taken > most:
            if time.monotonic() >= give_up:
                return False
            time.sleep(LOOK)
        return True

    def flush(self) -> bool:
        """Write what waits here and now, by the caller's connection, as at the end of a process.
        False when the database is away: then it goes on waiting."""
        if not self._writing.acquire(timeout=AT_WORK):
            return False
        try:
            while items := self._take():
                if not self._write(self._prepare(items), once=True):
                    self._queue.extendleft(reversed(items))
                    return False
        finally:
            self._writing.release()
        return True

    def stop(self, timeout: float) -> bool:
        """Write what is there and end; True when all of it was written in time."""
        self._stopping.set()
        self._work.set()
        if (thread := self._thread) is None:
            return True
        thread.join(timeout)
        return not thread.is_alive()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while self._work.wait(self._idle) or not self._ends():
            self._stopping.wait(self._every)
            self._work.clear()
            while self._queue:
                self._write_some()
            if self._stopping.is_set() and not self._queue:
                break
        connection.close()

    def _ends(self) -> bool:
        """Nothing waits, and what comes from now on starts another thread."""
        with self._starting:
            self._thread = None
            if self._queue:
                self._thread = threading.current_thread()
            return self._thread is None

    def _write_some(self) -> None:
        with self._writing:
            items = self._take()
            self._taken = len(items)
            try:
                self._write(self._prepare(items))
            except Exception:
                log.exception("not written", extra={"writer": self.name, "rows": len(items)})
            self._taken = 0

    def _take(self) -> list[Item]:
        return [self._queue.popleft() for _ in range(min(len(self._queue), self._batch))]

    def _write(self, rows: Sequence[Row], *, once: bool = False) -> bool:
        """False when the database was away for too long."""
        give_up, attempts = time.monotonic() + self._patience, 0
        while rows:
            attempts += 1
            try:
                self._save(rows)
                return True
            except AWAY as error:
                if not connection.in_atomic_block:
                    connection.close_if_unusable_or_obsolete()
                about = {"writer": self.name, "rows": len(rows), "error": str(error).strip()}
                if once or (attempts > 1 and time.monotonic() > give_up):
                    log.error("not written", extra=about)
                    return False
                log.warning("writing again", extra=about)
                time.sleep(self._pause)
            except Exception:
                return self._write_apart(rows, once=once)
        return True

    def _write_apart(self, rows: Sequence[Row], *, once: bool) -> bool:
        """One of them cannot be written: find it by halves, the others must not go with it."""
        if len(rows) == 1:
            log.exception("cannot be written", extra={"writer": self.name, "id": self._id(rows[0])})
            return True
        half = len(rows) // 2
        first = self._write(rows[:half], once=once)
        return self._write(rows[half:], once=once) and first
