"""Which queues somebody takes work from: a worker that runs and is connected may still take none.

Each task that begins is a sign of its queue. Where none is due `check_in` sends an empty one, so a
queue without a sign for half a minute has no consumer, whatever the cause: no process, one that
ends again and again, a broker that refuses to let it consume, or nobody who sends (Beat).
"""

import time
from collections.abc import Mapping

from redis import RedisError

from notifications.dispatch.dispatch import publish_check_in
from notifications.dispatch.lasting_alert import LastingAlert
from notifications.queues import ALL
from notifyproj.core.servers.redis_client import quick_redis

SIGNS = "consumers"  # a hash: queue -> when a task of it last began, in Redis's own seconds
SILENT = 30  # seconds without a sign
IDLE = 12  # seconds after which an empty queue is sent a task: two may be lost before it is SILENT
ALARMING = 60.0  # seconds that queues are silent before somebody is told: workers may be restarting
ALERT = "queues-silent"

NOTE = "redis.call('HSET', KEYS[1], ARGV[1], redis.call('TIME')[1])"
READ = "return {redis.call('TIME')[1], redis.call('HMGET', KEYS[1], unpack(ARGV))}"

_noted: dict[str, float] = {}  # by queue: when this process last did, monotonic
_alert = LastingAlert(key=ALERT, title="No worker processes some queues")


def note(queue: str) -> None:
    """A task of it begins. Asks for nothing more than once a second."""
    at = time.monotonic()
    if at - _noted.get(queue, 0.0) < 1.0:
        return
    _noted[queue] = at
    try:
        quick_redis().eval(NOTE, 1, SIGNS, queue)
    except RedisError:
        return


def silent() -> list[str] | None:
    """The queues nobody takes from; None: Redis is away, so nobody knows."""
    ages = _ages()
    return None if ages is None else [queue for queue in ALL if ages[queue] > SILENT]


def check_in(messages: Mapping[str, int]) -> None:
    """Send a task to each empty queue without a recent sign. Every four seconds, by `periodic`:
    what waits in a queue that is not empty is as good, and nothing piles up where nobody reads."""
    ages = _ages()
    if ages is None:
        return
    for queue, n in messages.items():
        if n == 0 and ages[queue] > IDLE:
            publish_check_in(queue)
    _alert.tell([queue for queue in ALL if ages[queue] > SILENT], after=ALARMING)


def _ages() -> dict[str, float] | None:
    """By queue, seconds since its last sign."""
    try:
        at, signs = quick_redis().eval(READ, 1, SIGNS, *ALL)
    except RedisError:
        return None
    return {queue: int(at) - int(sign or 0) for queue, sign in zip(ALL, signs, strict=True)}


def forget() -> None:
    _noted.clear()
    _alert.forget()
