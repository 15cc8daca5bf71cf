"""Opens and clicks wait here for a moment and are written together, by a thread of their own: a
person on the way to a page waits for no database, not even for one that is away.

A process that is killed loses those of a fifth of a second; they are counts, not messages.
"""

import atexit
import math
import os
from datetime import timedelta
from functools import cache

from django.conf import settings

from notifications.links import events
from notifications.links.events import Seen
from notifyproj.core.batch_writer import BatchWriter
from notifyproj.core.clock import now
from notifyproj.core.ids import DAY_MS, milliseconds_in

EVERY = 0.2  # seconds
AFTER_TROUBLE = 2.0
IDLE = 60.0  # then the thread ends, and its connection with it
MOST = 20_000  # that wait; the oldest give way
BATCH = 500


@cache
def writer() -> BatchWriter[Seen, Seen]:
    """This process's."""
    return BatchWriter(
        name="opens-and-clicks",
        prepare=list,
        write=lambda seen: events.write(seen),
        id_of=lambda seen: seen.delivery_id,
        every=EVERY,
        batch=BATCH,
        pause=AFTER_TROUBLE,
        patience=math.inf,
        most=MOST,
        idle=IDLE,
    )


def count(seen: Seen) -> None:
    """Never fails, never waits. What is too old to have a place is left out."""
    oldest = now() - timedelta(days=settings.RETENTION_DAYS)
    if milliseconds_in(seen.delivery_id) // DAY_MS * DAY_MS >= oldest.timestamp() * 1000:
        writer().put(seen)


@atexit.register
def _last() -> None:
    if writer.cache_info().currsize:
        writer().flush()


os.register_at_fork(after_in_child=writer.cache_clear)  # a child has neither the thread nor these
