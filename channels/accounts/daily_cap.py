"""Daily caps: leave to send up to what is left of an account's day.

The books (AccountDay) are some seconds late, so what was granted meanwhile is counted in Redis,
by second and for a few of them only: a send that came to nothing is not held against the day.
Only answers slower than that can pass the cap. Without Redis each process has a share.
"""

import time
from functools import lru_cache

from redis import Redis, RedisError
from redis.commands.core import Script

from channels.accounts.choose import Route
from notifyproj.core.servers.redis_client import quick_redis

UNBOOKED = 5  # seconds until a send is in the books and in everybody's snapshot
PROCESSES = 4  # without Redis: how many of us there may be

# KEYS: this second's grants, then those of the seconds before. ARGV: left by the books, wanted.
GRANT = """
local left = tonumber(ARGV[1])
for _, key in ipairs(KEYS) do left = left - (tonumber(redis.call('GET', key)) or 0) end
local granted = math.max(0, math.min(left, tonumber(ARGV[2])))
if granted > 0 then
    redis.call('INCRBY', KEYS[1], granted)
    redis.call('EXPIRE', KEYS[1], 60)
end
return granted
"""


def under_cap(route: Route, wanted: int) -> int:
    """How many of `wanted` sends the account's day has room for."""
    if route.day_left is None or wanted <= 0:
        return wanted
    second = int(time.time())
    keys = [f"cap:account:{route.account.id}:{second - n}" for n in range(UNBOOKED)]
    try:
        return int(_script(quick_redis())(keys=keys, args=[route.day_left, wanted]))
    except RedisError:
        return max(0, min(wanted, route.day_left // PROCESSES))


@lru_cache(maxsize=2)
def _script(redis: Redis) -> Script:
    return redis.register_script(GRANT)
