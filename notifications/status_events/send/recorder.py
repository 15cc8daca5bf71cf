"""A thread with a connection of its own that writes down what endpoints answered."""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Sequence
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection

from notifications.status_events.send import write
from notifications.status_events.send.claim import LEASE_SECONDS
from notifications.status_events.send.outcomes import Tried, Verdict, verdict
from notifyproj.core.clock import now as clock_now

log = logging.getLogger(__name__)

EVERY = 0.1  # seconds
BATCH = 500
PAUSE = 0.5  # seconds after a failed write


class Recorder:
    """`put` may be called from any thread; the thread starts with the first call."""

    def __init__(self) -> None:
        self._queue: deque[Tried] = deque()
        self._work = threading.Event()
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._rng = random.Random()  # noqa: S311 - jitter

    def put(self, tried: Tried) -> None:
        self._queue.append(tried)
        self._work.set()
        if self._thread is None:
            self._start()

    def stop(self, timeout: float) -> bool:
        """Write what is there and end; True when all of it was written in time."""
        self._stopping.set()
        self._work.set()
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="status", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._work.wait()
            self._stopping.wait(EVERY)
            self._work.clear()
            while self._queue:
                self._write(self._take())
            if self._stopping.is_set() and not self._queue:
                break
        connection.close()

    def _write(self, verdicts: Sequence[Verdict]) -> None:
        """The leases bound the trying; what is not written by then is sent again, same id."""
        give_up = time.monotonic() + LEASE_SECONDS
        while verdicts:
            try:
                write.write(verdicts)
                return
            except (OperationalError, InterfaceError) as error:
                connection.close_if_unusable_or_obsolete()
                log.warning("recording again", extra={"error": str(error).strip()})
            except Exception:
                self._write_apart(verdicts)
                return
            if time.monotonic() > give_up:
                log.error("tries not recorded", extra={"events": len(verdicts)})
                return
            time.sleep(PAUSE)

    def _write_apart(self, verdicts: Sequence[Verdict]) -> None:
        """One of them cannot be written: find it by halves, the others must not go with it."""
        if len(verdicts) == 1:
            log.exception("try not recorded", extra={"event_id": verdicts[0].tried.row.id})
            return
        half = len(verdicts) // 2
        self._write(verdicts[:half])
        self._write(verdicts[half:])

    def _take(self) -> list[Verdict]:
        tries = [self._queue.popleft() for _ in range(min(len(self._queue), BATCH))]
        now = clock_now()
        found = (self._verdict(tried, now) for tried in tries)
        return [one for one in found if one is not None]

    def _verdict(self, tried: Tried, now: datetime) -> Verdict | None:
        """None for an answer that breaks us: its lease runs out, the others are written."""
        try:
            return verdict(tried, now, self._rng)
        except Exception:
            log.exception("no verdict", extra={"event_id": tried.row.id})
            return None
