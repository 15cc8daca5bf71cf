"""What Celery Beat starts, mostly on the `periodic` queue. `expires`: a late tick is worthless.

Once a second one task looks what there is to do (`operations/due_work.py`); all others are started
by it, and seldom from here.
"""

from typing import Any

from notifications.queues import (
    CALLBACKS,
    CLOSE_DIGESTS,
    ERASE,
    FOLD,
    FOLD_CALLBACKS,
    LOOK,
    MAINTAIN,
    MAINTAIN_STATUS_EVENTS,
    NOTE_CAMPAIGNS,
    PERIODIC,
    READ_RECEIVED,
    SEND_STATUS_EVENTS,
    STATUS_EVENTS,
    SWEEP,
    TELL,
    TICK_CAMPAIGNS,
    WATCH,
)

ANYWAY = 30.0  # seconds after which a task is started though nothing was found


def _every(seconds: float, task: str, queue: str = PERIODIC) -> dict[str, Any]:
    options = {"queue": queue, "expires": max(1, int(seconds))}
    return {"task": task, "schedule": seconds, "options": options}


BEAT_SCHEDULE = {
    "look": _every(1.0, LOOK),
    "watch": _every(4.0, WATCH),
    "sweep": _every(ANYWAY, SWEEP),
    "fold": _every(ANYWAY, FOLD),
    "fold-callbacks": _every(ANYWAY, FOLD_CALLBACKS, CALLBACKS),
    "close-digests": _every(ANYWAY, CLOSE_DIGESTS),
    "campaigns": _every(ANYWAY, TICK_CAMPAIGNS),
    "note-campaigns": _every(60.0, NOTE_CAMPAIGNS),
    "erase": _every(ANYWAY, ERASE),
    "tell": _every(ANYWAY, TELL),
    "maintain": _every(600.0, MAINTAIN),
    "read-received": _every(10.0, READ_RECEIVED, CALLBACKS),
    "status-events": _every(ANYWAY, SEND_STATUS_EVENTS, STATUS_EVENTS),
    "maintain-status-events": _every(60.0, MAINTAIN_STATUS_EVENTS),
}
