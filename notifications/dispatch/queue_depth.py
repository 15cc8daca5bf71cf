"""How long each queue is, and how fast it empties: counted in deliveries, kept in Redis.

A convenience with a floor: without Redis every queue counts as empty, and the rows' `due_at`
still bound the work.
"""

import time
from collections.abc import Callable, Mapping

from redis import RedisError

from notifyproj.core.broker import BrokerAway, quick_broker
from notifyproj.core.redis_client import quick_redis

SECONDS_OF_WORK = 4  # enough to never run dry, and claimed in the first seconds of its life
WINDOW = 5  # whole seconds the rate is measured over
FLOOR = 5_000  # deliveries a queue may always hold
MOST_IN_A_HINT = 500
CACHE = 0.25  # seconds

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


def _backlog(queue: str) -> int:
    try:
        messages = _messages(queue)
        if messages == 0:
            if not quick_redis().copy(f"taken:{queue}", f"published:{queue}", replace=True):
                quick_redis().delete(f"published:{queue}")  # nothing was ever taken
            return 0
        published, taken = quick_redis().mget(f"published:{queue}", f"taken:{queue}")
        return min(max(0, int(published or 0) - int(taken or 0)), messages * MOST_IN_A_HINT)
    except (RedisError, BrokerAway):
        return 0


def _messages(queue: str) -> int:
    """Raises BrokerAway. A queue nobody made yet is empty."""
    with quick_broker() as connection:
        try:
            declared = connection.default_channel.queue_declare(queue, passive=True)
            return int(declared.message_count)
        except connection.channel_errors:
            return 0


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
