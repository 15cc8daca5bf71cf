"""Token buckets (GCRA: a bucket as one timestamp), shared through Redis, else of this process."""

import hashlib
import logging
import threading
import time
from contextlib import suppress

import redis

from notifyproj.core.servers.redis_client import quick_redis

logger = logging.getLogger(__name__)

MOST_LOCAL = 10_000  # keys of a process; strangers choose them

# A request for more than the whole burst passes when the bucket is full, and leaves a debt; fewer
# than no units are given back. Returns the seconds to wait, as text; "0" when they were taken.
SCRIPT = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local interval, burst, units = 1 / ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local tat = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local most = burst - tonumber(ARGV[4]) * interval
local wait = tat + math.min(units * interval, most) - burst - now
if wait > 0.000001 then return tostring(wait) end
local new = math.max(tat + units * interval, now)
redis.call('SET', KEYS[1], string.format('%.6f', new), 'PX', math.ceil((new - now) * 1000) + 1000)
return '0'
"""
SCRIPT_SHA = hashlib.sha1(SCRIPT.encode()).hexdigest()  # noqa: S324 - Redis names scripts so


class LocalBuckets:
    """The same arithmetic inside one process."""

    def __init__(self) -> None:
        self._tat: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(
        self, key: str, *, rate: float, burst: float, units: int, now: float, taken: int = 0
    ) -> float:
        """Seconds to wait; 0.0 when the units were taken."""
        with self._lock:
            tat = max(self._tat.get(key, 0.0), now)
            wait = tat + min(units / rate, burst - taken / rate) - burst - now
            if wait > 1e-6:
                return wait
            if len(self._tat) >= MOST_LOCAL and key not in self._tat:
                del self._tat[next(iter(self._tat))]
            self._tat[key] = tat + units / rate
            return 0.0

    def forget(self, key: str) -> None:
        with self._lock:
            self._tat.pop(key, None)


_local = LocalBuckets()


def reset() -> None:
    """Forget what this process counted."""
    global _local
    _local = LocalBuckets()


def take(
    key: str,
    *,
    rate: float,
    burst: float,
    units: int = 1,
    taken: int = 0,
    local_rate: float | None = None,
) -> float:
    """Take `units` of a bucket that gets `rate` a second and holds what comes in `burst` seconds.

    Returns the seconds to wait; 0.0 when they were taken. `taken`: what was taken for the same
    request before, so that a bucket that was full then counts as full. `local_rate`: while Redis
    is away.
    """
    try:
        return _take_shared(key, rate, burst, units, taken)
    except redis.RedisError as error:
        logger.debug("a bucket counts locally", extra={"error": type(error).__name__})
    return _local.take(
        key,
        rate=local_rate or rate,
        burst=burst,
        units=units,
        now=time.monotonic(),
        taken=taken,
    )


def _take_shared(key: str, rate: float, burst: float, units: int, taken: int) -> float:
    client = quick_redis()
    arguments = (key, rate, burst, units, taken)
    try:
        answer = client.evalsha(SCRIPT_SHA, 1, *arguments)
    except redis.exceptions.NoScriptError:
        answer = client.eval(SCRIPT, 1, *arguments)
    return float(answer)


def forget(key: str) -> None:
    """The bucket is full again."""
    _local.forget(key)
    with suppress(redis.RedisError):
        quick_redis().delete(key)
