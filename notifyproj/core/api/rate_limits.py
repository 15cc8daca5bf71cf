"""How fast a service may ask: GCRA (a token bucket as one timestamp), shared through Redis.

Burst is twice the rate. While Redis is away or frozen the limit stays: each process counts for
itself, up to its share of the rate (`API_PROCESSES`), so together they allow no more than before.
What was counted in Redis is not known then: a service that had used up its burst gets one more.
"""

from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from notifyproj.core.api.authentication import Caller
from notifyproj.core.api.errors import ApiError
from notifyproj.core.servers import buckets

if TYPE_CHECKING:  # it imports this file, as a setting
    from rest_framework.views import APIView

BURST_SECONDS = 2.0


class ServiceThrottle(BaseThrottle):
    """Charges one unit a request, whatever becomes of it; a view of batches charges the rest."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        if isinstance(request.user, Caller):
            charge(request.user, 1)
        return True


def reset() -> None:
    """Forget what this process counted."""
    buckets.reset()


def charge_rest(caller: Caller, units: int) -> None:
    """Take what a batch of `units` costs beyond the one it was charged for as a request. One that
    is larger than the burst passes where nothing was taken before it. Raises ApiError 429."""
    if units > 1:
        charge(caller, units - 1, taken=1)


def charge(caller: Caller, units: int, taken: int = 0) -> None:
    """Take `units` from the service's allowance. Raises ApiError 429."""
    wait = _take(caller.service_id, caller.rate_per_second, units, taken)
    if wait > 0:
        message = f"Too many requests: {caller.rate_per_second} a second are allowed."
        raise ApiError(429, "rate_limited", message, retry_after=wait)


def _take(service_id: int, rate: int, units: int, taken: int) -> float:
    share = rate / max(1, settings.API_PROCESSES)
    key = f"api-rate:{service_id}"
    return buckets.take(
        key, rate=rate, burst=BURST_SECONDS, units=units, taken=taken, local_rate=share
    )
