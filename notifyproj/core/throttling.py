"""How fast a service may ask: GCRA (a token bucket as one timestamp), shared through Redis.

Burst is twice the rate. While Redis is away or frozen the limit stays: each process counts for
itself, up to its share of the rate (`API_PROCESSES`), so together they allow no more than before.
What was counted in Redis is not known then: a service that had used up its burst gets one more.
"""

import hashlib
import logging
import threading
import time
from typing import TYPE_CHECKING

import redis
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from notifyproj.core.authentication import Caller
from notifyproj.core.errors import ApiError
from notifyproj.core.redis_client import quick_redis

if TYPE_CHECKING:  # it imports this file, as a setting
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)

BURST_SECONDS = 2.0

# A request for more than the whole burst passes when the bucket is full, and leaves a debt.
# Returns the seconds to wait, as text; "0" when the units were taken.
SCRIPT = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local interval, burst, units = 1 / ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local tat = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local wait = tat + math.min(units * interval, burst) - burst - now
if wait > 0.000001 then return tostring(wait) end
local new = tat + units * interval
redis.call('SET', KEYS[1], string.format('%.6f', new), 'PX', math.ceil((new - now) * 1000) + 1000)
return '0'
"""
SCRIPT_SHA = hashlib.sha1(SCRIPT.encode()).hexdigest()  # noqa: S324 - Redis names scripts so


class LocalBuckets:
    """The same arithmetic inside one process."""

    def __init__(self) -> None:
        self._tat: dict[int, float] = {}
        self._lock = threading.Lock()

    def take(self, service_id: int, rate: float, units: int, now: float) -> float:
        """Seconds to wait; 0.0 when the units were taken."""
        with self._lock:
            tat = max(self._tat.get(service_id, 0.0), now)
            wait = tat + min(units / rate, BURST_SECONDS) - BURST_SECONDS - now
            if wait > 1e-6:
                return wait
            self._tat[service_id] = tat + units / rate
            return 0.0


class ServiceThrottle(BaseThrottle):
    """Charges one unit a request; a view that charges by itself sets `charges_itself = True`."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        if isinstance(request.user, Caller) and not getattr(view, "charges_itself", False):
            charge(request.user, 1)
        return True


_local = LocalBuckets()


def reset() -> None:
    """Forget what this process counted."""
    global _local
    _local = LocalBuckets()


def charge(caller: Caller, units: int) -> None:
    """Take `units` (a batch: its items) from the service's allowance. Raises ApiError 429."""
    wait = _take(caller.service_id, caller.rate_per_second, units)
    if wait > 0:
        message = f"Too many requests: {caller.rate_per_second} a second are allowed."
        raise ApiError(429, "rate_limited", message, retry_after=wait)


def _take(service_id: int, rate: int, units: int) -> float:
    try:
        return _take_shared(service_id, rate, units)
    except redis.RedisError as error:
        logger.debug("rate limit counts locally", extra={"error": type(error).__name__})
    share = rate / max(1, settings.API_PROCESSES)
    return _local.take(service_id, share, units, time.monotonic())


def _take_shared(service_id: int, rate: int, units: int) -> float:
    client = quick_redis()
    arguments = (f"api-rate:{service_id}", rate, BURST_SECONDS, units)
    try:
        answer = client.evalsha(SCRIPT_SHA, 1, *arguments)
    except redis.exceptions.NoScriptError:
        answer = client.eval(SCRIPT, 1, *arguments)
    return float(answer)
