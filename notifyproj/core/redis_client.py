"""Redis for things that must not wait for it: short timeouts, no retries."""

from functools import lru_cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

TIMEOUT = 0.1  # seconds, to connect and to answer


@lru_cache(maxsize=8)
def _client(url: str, seconds: float) -> redis.Redis:
    return redis.Redis.from_url(
        url,
        socket_timeout=seconds,
        socket_connect_timeout=TIMEOUT,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )


def quick_redis(seconds: float = TIMEOUT) -> redis.Redis:
    """One pool a process, made on first use (redis-py drops it after a fork). `seconds`: for
    an answer; one about thousands of people takes longer."""
    return _client(settings.REDIS_URL, seconds)
