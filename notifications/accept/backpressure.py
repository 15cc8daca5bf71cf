"""How much waits in all, and whether that is too much to take more."""

from django.conf import settings

from channels.base import Lane
from notifications.accept.requests import SendRequest
from notifications.counters.table import waiting
from notifyproj.core.api.errors import ApiError
from notifyproj.core.snapshot import Snapshot
from preferences.facts.types import catalogue

RETRY_AFTER = 10.0  # seconds

depth = Snapshot(waiting, seconds=1)


def is_full(request: SendRequest) -> bool:
    """Whether this one must come back later; types that may be urgent always pass."""
    if depth.get() < settings.BACKLOG_LIMIT:
        return False
    type_ = catalogue.get().by_slug.get(request.type)
    return type_ is None or type_.max_lane != Lane.URGENT


def refuse() -> ApiError:
    message = "Too many deliveries are waiting; try again later."
    return ApiError(503, "backlog_full", message, retry_after=RETRY_AFTER)
