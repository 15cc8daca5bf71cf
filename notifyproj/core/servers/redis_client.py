"""Redis for things that must not wait for it: short timeouts, no retries, and a second's rest
after each failure. Whoever asks meanwhile gets a `redis.ConnectionError` at once."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.retry import Retry

TIMEOUT = 0.1  # seconds, to connect and to answer
PAUSE = 1.0  # seconds, after a failure


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
        """Whether the last try failed; asks for nothing."""
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
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]

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


os.register_at_fork(after_in_child=forget)
