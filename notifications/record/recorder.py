"""The recorder: a thread with a connection of its own that writes what was finished.

Every 200 ms, in one transaction; through deadlocks and reconnects, until the leases end. What it
could not write by then is sent again by whoever claims the rows next.
"""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Sequence
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection

from notifications.dispatch import dispatch
from notifications.dispatch.claim import LEASE_SECONDS
from notifications.dispatch.dispatch import Due
from notifications.record import write as recording
from notifications.record.accounts import judge_accounts
from notifications.record.outcomes import Change, Finished, consequence
from notifyproj.core.clock import now as clock_now

log = logging.getLogger(__name__)

EVERY = 0.2  # seconds
BATCH = 2_000  # changes in one transaction
MOST_UNWRITTEN = 2_000  # above it nothing new is claimed: what was sent and is not written is
# sent again after a crash, or when its lease ends before its turn comes
LOOK = 0.01  # seconds between two looks at how much is unwritten
PAUSE = 0.5  # seconds after a failed write


class Recorder:
    """`put` may be called from any thread; the thread starts with the first call."""

    def __init__(self) -> None:
        self._queue: deque[Finished | Change] = deque()
        self._taken = 0  # from the queue, and not written yet
        self._work = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._stopping = False
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._rng = random.Random()  # noqa: S311 - jitter

    def put(self, item: Finished | Change) -> None:
        self._queue.append(item)
        if not self._work.is_set():
            self._idle.clear()
            self._work.set()
        if self._thread is None:
            self._start()

    def wait_until_written(self, timeout: float) -> bool:
        """Wait until the writing keeps up with what comes; False after `timeout` seconds."""
        give_up = time.monotonic() + timeout
        while len(self._queue) + self._taken > MOST_UNWRITTEN:
            if time.monotonic() >= give_up:
                return False
            time.sleep(LOOK)
        return True

    def stop(self, timeout: float) -> bool:
        """Write what is there and end; True when all of it was written in time."""
        self._stopping = True
        self._work.set()
        if self._thread is not None:
            self._thread.join(timeout)
            return not self._thread.is_alive()
        return True

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._work.wait()
            if not self._stopping:
                time.sleep(EVERY)
            self._work.clear()
            while self._queue:
                self._write(self._take())
                self._taken = 0
            if self._stopping and not self._queue:
                break
        connection.close()

    def _take(self) -> list[Change]:
        now = clock_now()
        self._taken = min(len(self._queue), BATCH)
        items = [self._queue.popleft() for _ in range(self._taken)]
        judge_accounts([item for item in items if isinstance(item, Finished)])
        changes = [self._change(item, now) for item in items]
        return [change for change in changes if change is not None]

    def _change(self, item: Finished | Change, now: datetime) -> Change | None:
        """None for one that breaks us: its lease runs out, the others are written."""
        try:
            return consequence(item, now, self._rng) if isinstance(item, Finished) else item
        except Exception:
            log.exception("no consequence", extra={"delivery_id": item.row.id})
            return None

    def _write(self, changes: Sequence[Change]) -> None:
        """The leases bound the trying: after them, the rows belong to others. A process that was
        stopped for longer still tries twice: its first failure may be the connection's age."""
        give_up, tries = time.monotonic() + LEASE_SECONDS, 0
        while changes:
            tries += 1
            try:
                self._publish(recording.write(changes))
                return
            except (OperationalError, InterfaceError) as error:
                connection.close_if_unusable_or_obsolete()
                if time.monotonic() > give_up and tries > 1:
                    log.exception("not recorded", extra={"deliveries": len(changes)})
                    return
                log.warning("recording again", extra={"error": str(error).strip()})
                time.sleep(PAUSE)
            except Exception:
                self._write_apart(changes)
                return

    def _publish(self, at_once: Sequence[Due]) -> None:
        """They are due: what goes wrong here, the sweep makes good."""
        try:
            dispatch.publish(at_once)
        except Exception:
            log.exception("not published", extra={"deliveries": len(at_once)})

    def _write_apart(self, changes: Sequence[Change]) -> None:
        """One of them cannot be written: find it by halves, the others must not go with it."""
        if len(changes) == 1:
            log.exception("not recorded", extra={"delivery_id": changes[0].row.id})
            return
        half = len(changes) // 2
        self._write(changes[:half])
        self._write(changes[half:])
