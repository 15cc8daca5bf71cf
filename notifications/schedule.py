"""What Celery Beat starts, all on the `periodic` queue. `expires`: a late tick is worthless."""

from typing import Any

from notifications.queues import FOLD, MAINTAIN, PERIODIC, SWEEP, TELL


def _every(seconds: float, task: str) -> dict[str, Any]:
    options = {"queue": PERIODIC, "expires": max(1, int(seconds))}
    return {"task": task, "schedule": seconds, "options": options}


BEAT_SCHEDULE = {
    "sweep": _every(1.0, SWEEP),
    "fold": _every(1.0, FOLD),
    "tell": _every(5.0, TELL),
    "maintain": _every(600.0, MAINTAIN),
}
