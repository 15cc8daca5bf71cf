"""Leave to send: tokens of an account's rate, leased for a whole batch by one script call.

A share is kept for urgent messages. Without Redis each process goes on with a share of its own.
"""

import time
from functools import lru_cache

from redis import Redis, RedisError
from redis.commands.core import Script

from channels.base import Account, Lane
from notifyproj.core.redis_client import quick_redis

URGENT_SHARE = 0.2
BURST = 1.0  # seconds of the rate that may be taken at once
PROCESSES = 4  # without Redis: how many of us there may be

# KEYS: bucket. ARGV: rate a second, burst, wanted, kept for others. Time is Redis's own.
LEASE = """
local t = redis.call('TIME')
local now = t[1] + t[2] / 1e6
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local saved = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local since = now - (tonumber(saved[2]) or now)
local tokens = math.min(burst, (tonumber(saved[1]) or burst) + since * rate)
local granted = math.max(0, math.min(tonumber(ARGV[3]), math.floor(tokens - tonumber(ARGV[4]))))
redis.call('HSET', KEYS[1], 'tokens', tokens - granted, 'at', now)
redis.call('EXPIRE', KEYS[1], 60)
return granted
"""

_local: dict[int, tuple[float, float]] = {}


def lease(account: Account, wanted: int, lane: int) -> int:
    """How many of `wanted` sends this account's rate allows now."""
    if account.rate_per_second <= 0:
        return wanted
    rate = float(account.rate_per_second)
    burst = max(1.0, rate * BURST)
    # Of a slow account one must be left over, or the others would never send.
    reserve = 0.0 if lane == Lane.URGENT else min(burst * URGENT_SHARE, burst - 1)
    try:
        script = _script(quick_redis())
        keys = [f"rate:account:{account.id}"]
        return int(script(keys=keys, args=[rate, burst, wanted, reserve]))
    except RedisError:
        return _lease_locally(account.id, rate / PROCESSES, wanted)


@lru_cache(maxsize=2)
def _script(redis: Redis) -> Script:
    return redis.register_script(LEASE)


def _lease_locally(account_id: int, rate: float, wanted: int) -> int:
    now = time.monotonic()
    tokens, at = _local.get(account_id, (rate, now))
    tokens = min(max(1.0, rate), tokens + (now - at) * rate)
    granted = min(wanted, int(tokens))
    _local[account_id] = (tokens - granted, now)
    return granted
