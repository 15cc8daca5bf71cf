"""Leave to send: tokens of an account's rate, leased for a whole batch by one script call.

A share is kept for urgent messages. Without Redis each process goes on with a share of its own.
What each flush of a worker saw of an account is written beside it: by that the rate follows what a
provider takes (`rate_control.py`), and the breaker opens (`breaker.py`).
"""

import time
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from django.db import connection
from psycopg2.extras import execute_values
from redis import Redis, RedisError
from redis.commands.core import Script

from channels.base import Account, Lane
from notifyproj.core.servers.redis_client import quick_redis

URGENT_SHARE = 0.2
BURST = 1.25  # seconds of the rate that may be taken at once: one of them by what is not urgent
PROCESSES = 4  # without Redis: how many of us there may be
LONGEST_PAUSE = 60.0  # seconds an account rests at a provider's word; then it is asked again

# KEYS: bucket, pause. ARGV: rate a second, burst, wanted, kept for others, whether a pause holds.
# Time is Redis's own. Returns how many are granted, or minus the milliseconds a pause lasts yet.
LEASE = """
local pause = redis.call('PTTL', KEYS[2])
if pause > 0 and ARGV[5] == '1' then return -pause end
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
_paused: dict[int, float] = {}  # by account: until when, monotonic


def lease(account: Account, wanted: int, lane: int, rate_now: float | None = None) -> int:
    """How many of `wanted` sends the account's rate allows now: `rate_now`, what its provider
    takes at present, or else the configured one. Urgent messages do not wait out a pause."""
    urgent = lane == Lane.URGENT
    if not urgent and pause_left(account.id) > 0:
        return 0
    rate = rate_now or float(account.rate_per_second)
    if rate <= 0:
        return wanted
    burst = max(1.0, rate * BURST)
    # Of a slow account one must be left over, or the others would never send.
    reserve = 0.0 if urgent else min(burst * URGENT_SHARE, burst - 1)
    try:
        script = _script(quick_redis())
        keys = [f"rate:account:{account.id}", _pause_key(account.id)]
        granted = int(script(keys=keys, args=[rate, burst, wanted, reserve, int(not urgent)]))
    except RedisError:
        return _lease_locally(account.id, rate / PROCESSES, wanted)
    if granted < 0:
        _pause_here(account.id, -granted / 1000)
    return max(0, granted)


def pause(account_id: int, seconds: float) -> None:
    """The provider asked the whole account to stay away: here at once, and elsewhere as soon as
    the rate of the account is asked for, which the same refusals see to."""
    seconds = min(seconds, LONGEST_PAUSE)
    _pause_here(account_id, seconds)
    try:
        quick_redis().set(_pause_key(account_id), 1, px=max(1, int(seconds * 1000)))
    except RedisError:
        return


def pause_left(account_id: int) -> float:
    """Seconds for which an account rests yet, as far as this process knows."""
    return max(0.0, _paused.get(account_id, 0.0) - time.monotonic())


def wait(account: Account, behind: int, rate_now: float | None = None) -> float:
    """Seconds until the `behind`-th message that got no leave may go: all of them each second
    would only churn."""
    rate = rate_now or float(account.rate_per_second)
    return 1.0 + pause_left(account.id) + behind / max(1.0, rate)


def forget() -> None:
    _local.clear()
    _paused.clear()


def _pause_key(account_id: int) -> str:
    return f"rate:pause:{account_id}"


def _pause_here(account_id: int, seconds: float) -> None:
    _paused[account_id] = time.monotonic() + seconds


@lru_cache(maxsize=2)
def _script(redis: Redis) -> Script:
    return redis.register_script(LEASE)


def _lease_locally(account_id: int, rate: float, wanted: int) -> int:
    """Whole tokens only, and the first second's at once: a slow account still sends, in turn."""
    now = time.monotonic()
    tokens, at = _local.get(account_id, (rate, now))
    tokens = min(max(1.0, rate), tokens + (now - at) * rate)
    granted = min(wanted, int(tokens))
    _local[account_id] = (tokens - granted, now)
    return granted


class Tally(NamedTuple):
    """What one flush saw of one account."""

    ok: int = 0
    failed: int = 0
    throttled: int = 0
    dead: int = 0  # of ok: the address was refused
    busy_ms: int = 0
    cost_micros: int = 0


def record_health(seen: Mapping[int, Tally]) -> None:
    """In the caller's transaction."""
    if not seen:
        return
    with connection.cursor() as cursor:
        execute_values(
            cursor,
            "INSERT INTO account_health_delta"
            " (account_id, at, ok, failed, throttled, dead, busy_ms, cost_micros) VALUES %s",
            [(account_id, *tally) for account_id, tally in seen.items()],
            template="(%s, now(), %s, %s, %s, %s, %s, %s)",
        )
