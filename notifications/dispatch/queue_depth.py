"""How long each queue is, and how fast it empties: counted in deliveries, kept in Redis.

Whoever accepts or resolves asks Redis alone, never the broker: `measure`, once a second by
`periodic`, holds the counts against what the broker says. A convenience with a floor: without
Redis, or when nobody measured lately, every queue counts as empty, and the rows' `due_at` still
bound the work.
"""

import time
from collections.abc import Callable, Iterable, Mapping

from redis import RedisError

from notifyproj.core.servers.broker import BrokerAway, message_counts
from notifyproj.core.servers.redis_client import quick_redis

SECONDS_OF_WORK = 4  # enough to never run dry, and claimed in the first seconds of its life
WINDOW = 5  # whole seconds the rate is measured over
FLOOR = 5_000  # deliveries a queue may always hold
MOST_IN_A_HINT = 500
CACHE = 0.25  # seconds
MEASURED = "depth:measured"  # there while counts are to be believed
BELIEVED = 10  # seconds after a measurement

# KEYS: published, taken. ARGV: what the queue can hold at most, by its messages.
CORRECT = """
local taken = tonumber(redis.call('GET', KEYS[2]) or 0)
local published = tonumber(redis.call('GET', KEYS[1]) or 0)
local right = math.max(taken, math.min(published, taken + tonumber(ARGV[1])))
if right ~= published then redis.call('SET', KEYS[1], right) end
"""

_cache: dict[str, tuple[float, int]] = {}


def backlog(queue: str) -> int:
    """Deliveries waiting in a queue, about: published minus taken, but none in an empty queue."""
    return _cached(f"backlog:{queue}", lambda: _backlog(queue))


def limit(queue: str) -> int:
    """How many deliveries that queue may hold: four seconds of what it took lately."""
    return max(FLOOR, rate(queue) * SECONDS_OF_WORK)


def rate(queue: str) -> int:
    """Deliveries a second that were taken from it lately."""
    return _cached(f"rate:{queue}", lambda: _rate(queue))


def count_published(by_queue: Mapping[str, int]) -> None:
    _add({f"published:{queue}": n for queue, n in by_queue.items()})


def count_taken(queue: str, n: int) -> None:
    second = int(time.time())
    _add({f"taken:{queue}": n, f"taken:{queue}:{second}": n}, expire=f"taken:{queue}:{second}")


def _add(increments: Mapping[str, int], expire: str = "") -> None:
    if not increments:
        return
    try:
        pipeline = quick_redis().pipeline(transaction=False)
        for key, n in increments.items():
            pipeline.incrby(key, n)
        if expire:
            pipeline.expire(expire, 4 * WINDOW)
        pipeline.execute()
    except RedisError:
        return


def measure(queues: Iterable[str]) -> dict[str, int]:
    """The messages in each of `queues`; sets right what was counted of them. {} when the broker
    or Redis is away."""
    try:
        messages = message_counts(queues)
        pipeline = quick_redis().pipeline(transaction=False)
        for queue, n in messages.items():
            keys = (f"published:{queue}", f"taken:{queue}")
            pipeline.eval(CORRECT, len(keys), *keys, n * MOST_IN_A_HINT)
        pipeline.set(MEASURED, 1, ex=BELIEVED)
        pipeline.execute()
    except (RedisError, BrokerAway):
        return {}
    return messages


def _backlog(queue: str) -> int:
    try:
        counts = quick_redis().mget(f"published:{queue}", f"taken:{queue}", MEASURED)
    except RedisError:
        return 0
    published, taken, measured = (int(n or 0) for n in counts)
    return max(0, published - taken) if measured else 0


def _rate(queue: str) -> int:
    now = int(time.time())
    try:
        values = quick_redis().mget([f"taken:{queue}:{now - n}" for n in range(1, WINDOW + 1)])
    except RedisError:
        return 0
    return sum(int(v or 0) for v in values) // WINDOW


def _cached(key: str, load: Callable[[], int]) -> int:
    until, value = _cache.get(key, (0.0, 0))
    if time.monotonic() >= until:
        value = load()
        _cache[key] = (time.monotonic() + CACHE, value)
    return value
