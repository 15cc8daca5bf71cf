"""What Celery Beat starts, mostly on the `periodic` queue. `expires`: a late tick is worthless."""

from typing import Any

from notifications.queues import (
    CALLBACKS,
    CLOSE_DIGESTS,
    ERASE,
    FOLD,
    FOLD_CALLBACKS,
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
)


def _every(seconds: float, task: str, queue: str = PERIODIC) -> dict[str, Any]:
    options = {"queue": queue, "expires": max(1, int(seconds))}
    return {"task": task, "schedule": seconds, "options": options}


BEAT_SCHEDULE = {
    "sweep": _every(1.0, SWEEP),
    "fold": _every(1.0, FOLD),
    "fold-callbacks": _every(1.0, FOLD_CALLBACKS, CALLBACKS),
    "close-digests": _every(1.0, CLOSE_DIGESTS),
    "campaigns": _every(1.0, TICK_CAMPAIGNS),
    "note-campaigns": _every(60.0, NOTE_CAMPAIGNS),
    "erase": _every(5.0, ERASE),
    "tell": _every(5.0, TELL),
    "maintain": _every(600.0, MAINTAIN),
    "read-received": _every(10.0, READ_RECEIVED, CALLBACKS),
    "status-events": _every(1.0, SEND_STATUS_EVENTS, STATUS_EVENTS),
    "maintain-status-events": _every(60.0, MAINTAIN_STATUS_EVENTS),
}
