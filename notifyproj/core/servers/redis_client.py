"""Redis for things that must not wait for it: short timeouts, no retries, and a second's rest
after each failure. Whoever asks meanwhile gets a `redis.ConnectionError` at once.

And token buckets (GCRA: a bucket as one timestamp), shared through it, else of this process.
"""

import hashlib
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.retry import Retry

logger = logging.getLogger(__name__)

TIMEOUT = 0.1  # seconds, to connect and to answer
PAUSE = 1.0  # seconds, after a failure

MOST_LOCAL = 10_000  # keys of a process; strangers choose them

# A request for more than the whole burst passes when the bucket is full, and leaves a debt; fewer
# than no units are given back. Returns the seconds to wait, as text; "0" when they were taken.
BUCKET = """
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
BUCKET_SHA = hashlib.sha1(BUCKET.encode()).hexdigest()  # noqa: S324 - Redis names scripts so


class Circuit:
    """A server that failed is left alone for a second, in this process; then one caller tries it
    first. So one that is frozen, not just gone, costs one time limit a second, not one a request.

    Threads share it. `allows`, then `succeeded` or `failed`.
    """

    def __init__(self, pause: float = PAUSE) -> None:
        self._pause = pause
        self._away_until = 0.0  # monotonic; 0.0 while all is well
        self._lock = threading.Lock()

    def allows(self) -> bool:
        """Whether to try. After a pause the first who asks does, and the others go on waiting."""
        if not self._away_until:
            return True
        with self._lock:
            if time.monotonic() < self._away_until:
                return False
            self._away_until = time.monotonic() + self._pause
            return True

    def is_open(self) -> bool:
        """Whether the last attempt failed; asks for nothing."""
        return bool(self._away_until)

    def failed(self) -> None:
        self._away_until = time.monotonic() + self._pause

    def succeeded(self) -> None:
        self._away_until = 0.0


class QuickRedis(redis.Redis):
    """Every command, script and pipeline goes through the circuit of its server."""

    circuit: Circuit

    def execute_command(self, *args: Any, **options: Any) -> Any:
        with _through(self.circuit):
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]  # the library has no types

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        made = QuickPipeline(
            self.connection_pool, self.response_callbacks, transaction, shard_hint or ""
        )
        made.circuit = self.circuit
        return made


class QuickPipeline(Pipeline):
    circuit: Circuit

    def execute(self, raise_on_error: bool = True) -> list[Any]:
        with _through(self.circuit):
            return super().execute(raise_on_error)


@contextmanager
def _through(circuit: Circuit) -> Iterator[None]:
    if not circuit.allows():
        raise redis.ConnectionError("Redis failed a moment ago")
    try:
        yield
    except (redis.ConnectionError, redis.TimeoutError):
        circuit.failed()
        raise
    except redis.RedisError:  # it answered
        circuit.succeeded()
        raise
    circuit.succeeded()


@lru_cache(maxsize=8)
def _circuit(url: str) -> Circuit:
    return Circuit()


@lru_cache(maxsize=8)
def _client(url: str, seconds: float) -> QuickRedis:
    pool = redis.ConnectionPool.from_url(
        url,
        socket_timeout=seconds,
        socket_connect_timeout=TIMEOUT,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )
    client = QuickRedis(connection_pool=pool)
    client.circuit = _circuit(url)
    return client


def quick_redis() -> QuickRedis:
    """One pool a process, made on first use (redis-py drops it after a fork)."""
    return _client(settings.REDIS_URL, TIMEOUT)


def patient_redis(seconds: float) -> QuickRedis:
    """For an answer that takes longer, as one about thousands of people. It is asked first whether
    it answers at all, so that one that is frozen is not waited for. Raises RedisError."""
    quick_redis().ping()
    return _client(settings.REDIS_URL, seconds)


def forget() -> None:
    """As a new process: no server has failed."""
    _circuit.cache_clear()
    _client.cache_clear()


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


def forget_buckets() -> None:
    """Forget what this process counted."""
    global _local
    _local = LocalBuckets()


def take_units(
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
        answer = client.evalsha(BUCKET_SHA, 1, *arguments)
    except redis.exceptions.NoScriptError:
        answer = client.eval(BUCKET, 1, *arguments)
    return float(answer)


def refill(key: str) -> None:
    """The bucket is full again."""
    _local.forget(key)
    with suppress(redis.RedisError):
        quick_redis().delete(key)


os.register_at_fork(after_in_child=forget)
