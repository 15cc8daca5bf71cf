"""Opens and clicks wait here for a moment and are written together, by a thread of their own: a
person on the way to a page waits for no database, not even for one that is away.

A process that is killed loses those of a fifth of a second; they are counts, not messages.
"""

import atexit
import logging
import os
import threading
from collections import deque
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from notifications.links.events import Seen, write
from notifyproj.core.clock import now
from notifyproj.core.ids import DAY_MS, milliseconds_in

log = logging.getLogger(__name__)

EVERY = 0.2  # seconds
AFTER_TROUBLE = 2.0
IDLE = 60.0  # then the thread ends, and its connection with it
MOST = 20_000  # that wait; the oldest give way
BATCH = 500

_waiting: deque[Seen] = deque(maxlen=MOST)
_lock = threading.Lock()  # one writer at a time
_door = threading.Lock()  # the thread begins and ends behind it
_wake = threading.Event()
_writer: threading.Thread | None = None


def count(seen: Seen) -> None:
    """Never fails, never waits. What is too old to have a place is left out."""
    oldest = now() - timedelta(days=settings.RETENTION_DAYS)
    if milliseconds_in(seen.delivery_id) // DAY_MS * DAY_MS >= oldest.timestamp() * 1000:
        with _door:
            _waiting.append(seen)
            _start()
        _wake.set()


def flush() -> bool:
    """Write what waits. False when the database is away: then it goes on waiting."""
    with _lock:
        while batch := [_waiting.popleft() for _ in range(min(BATCH, len(_waiting)))]:
            try:
                _write(batch)
            except (OperationalError, InterfaceError) as error:
                _waiting.extendleft(reversed(batch))
                log.warning("opens and clicks wait", extra={"error": str(error).strip()})
                if not connection.in_atomic_block:
                    connection.close_if_unusable_or_obsolete()
                return False
    return True


def _write(batch: list[Seen]) -> None:
    """One that cannot be written does not take the others with it."""
    try:
        write(batch)
    except (OperationalError, InterfaceError):
        raise
    except DatabaseError:
        if len(batch) > 1:
            for item in batch:
                _write([item])
        else:
            log.warning("not counted", extra={"delivery_id": batch[0].delivery_id}, exc_info=True)


def _start() -> None:
    global _writer
    if _writer is None:
        _writer = threading.Thread(target=_run, name="opens-and-clicks", daemon=True)
        _writer.start()


def _run() -> None:
    pause = threading.Event()
    while _wake.wait(IDLE) or not _may_end():
        _wake.clear()
        pause.wait(EVERY)
        try:
            while not flush():
                pause.wait(AFTER_TROUBLE)
        except Exception:
            log.exception("opens and clicks not written")
    connection.close()


def _may_end() -> bool:
    """Nothing waits, and what comes from now on starts another."""
    global _writer
    with _door:
        if _waiting:
            return False
        _writer = None
        return True


@atexit.register
def _last() -> None:
    if _waiting:
        flush()


def _forget() -> None:
    """A forked child has neither the thread nor what waited."""
    global _lock, _door, _wake, _writer
    _waiting.clear()
    _lock, _door, _wake, _writer = threading.Lock(), threading.Lock(), threading.Event(), None


os.register_at_fork(after_in_child=_forget)
