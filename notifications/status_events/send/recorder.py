"""A thread with a connection of its own that writes down what endpoints answered."""

import logging
import random
from collections.abc import Sequence
from datetime import datetime

from notifications.status_events.send import write
from notifications.status_events.send.claim import LEASE_SECONDS
from notifications.status_events.send.outcomes import Tried, Verdict, verdict
from notifyproj.core.batch_writer import BatchWriter
from notifyproj.core.clock import now as clock_now

log = logging.getLogger(__name__)

EVERY = 0.1  # seconds
BATCH = 500
PAUSE = 0.5  # seconds after a failed write


class Recorder(BatchWriter[Tried, Verdict]):
    """What is not written before its lease ends is sent again, with the same id."""

    def __init__(self) -> None:
        super().__init__(
            name="status",
            prepare=self._verdicts,
            write=lambda verdicts: write.write(verdicts),
            id_of=lambda one: one.tried.row.id,
            every=EVERY,
            batch=BATCH,
            pause=PAUSE,
            patience=LEASE_SECONDS,
        )
        self._rng = random.Random()  # noqa: S311 - jitter

    def _verdicts(self, tries: Sequence[Tried]) -> list[Verdict]:
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
