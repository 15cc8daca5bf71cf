"""Hand ids to Celery: hints of up to 500 deliveries, only while their queue is short.

The rows are the truth: a hint that is lost is made again when the row's `due_at` passes, and one
with an old `dispatch_no` claims nothing. So publishing is never retried and may fail.

How long each queue is, and how fast it empties, is counted in deliveries and kept in Redis. Whoever
accepts or resolves asks Redis alone, never the broker: `measure`, every four seconds, holds the
counts against what the broker says. A convenience with a floor: without Redis, or when nobody
measured lately, every queue counts as empty, and the rows' `due_at` still bound the work.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from celery import current_app
from kombu import Connection
from redis import RedisError

from channels.base import Lane
from notifications.queues import (
    CHECK_IN,
    DELIVER,
    FEED,
    QUEUE_OF,
    RESOLVE,
    RESOLVE_CHUNK,
    RESOLVE_URGENT,
)
from notifyproj.core.ids import day_in
from notifyproj.core.servers.broker import BrokerAway, ask, message_counts
from notifyproj.core.servers.redis_client import quick_redis

HINT_SIZE = 500
# How long a row belongs to its hint: to be claimed, sent and recorded. Then the sweep makes a new
# one. A claim in the first seconds needs no more time, and so moves no index (see claim.py).
HINT_LIFE = {
    Lane.URGENT: timedelta(seconds=15),  # few rows: a lost hint costs more than an index entry
    Lane.NORMAL: timedelta(seconds=25),
    Lane.BULK: timedelta(seconds=25),
}
RESOLVE_LIFE = timedelta(seconds=15)  # the same, for a notification that is being resolved

SECONDS_OF_WORK = 4  # enough to never run dry, and claimed in the first seconds of its life
WINDOW = 5  # whole seconds the rate is measured over
FLOOR = 5_000  # deliveries a queue may always hold
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


class Due(NamedTuple):
    """A row to be claimed: what the hint must say of it."""

    id: str
    dispatch_no: int
    channel: str
    lane: int
    app_id: int | None
    alone: bool = False  # it crashed workers: in a hint of its own


class Hint(NamedTuple):
    queue: str
    ids: list[str]
    dispatch_nos: list[int]


def hints(rows: Iterable[Due]) -> list[Hint]:
    """Grouped by queue, app and partition day, so that a claim touches one partition."""
    groups: dict[tuple[object, ...], list[Due]] = {}
    for row in rows:
        day = day_in(row.id)
        apart = row.id if row.alone else ""
        groups.setdefault((row.lane, row.channel, row.app_id, day, apart), []).append(row)
    return [
        Hint(
            QUEUE_OF[group[0].channel, group[0].lane],
            [row.id for row in group[start : start + HINT_SIZE]],
            [row.dispatch_no for row in group[start : start + HINT_SIZE]],
        )
        for group in groups.values()
        for start in range(0, len(group), HINT_SIZE)
    ]


def has_room(channel: str, lane: int) -> bool:
    """Whether that queue holds less than a few seconds of its work; yes, when nobody knows."""
    queue = QUEUE_OF[channel, lane]
    return backlog(queue) < limit(queue)


def publish(rows: Iterable[Due]) -> bool:
    """After commit only. Returns whether the broker took everything."""
    made = hints(rows)
    sent = [hint for hint in made if _send(DELIVER, hint.queue, [hint.ids, hint.dispatch_nos])]
    published: Counter[str] = Counter()
    for hint in sent:
        published[hint.queue] += len(hint.ids)
    count_published(published)
    return len(sent) == len(made)


def publish_resolve(notification_id: str, dispatch_no: int, lane: int) -> bool:
    """Publishes the hint to resolve a notification; returns whether the broker took it."""
    return _send(RESOLVE_CHUNK, _resolve_queue(lane), [notification_id, dispatch_no])


def publish_feed(slice_id: int, dispatch_no: int, lane: int) -> bool:
    """A part of a campaign's audience."""
    return _send(FEED, _resolve_queue(lane), [slice_id, dispatch_no])


def publish_check_in(queue: str) -> bool:
    """Does nothing but show that somebody takes from `queue`."""
    return _send(CHECK_IN, queue, [])


def publish_periodic(task: str, queue: str) -> bool:
    """Worthless a second later, when the next one comes."""
    return _send(task, queue, [], expires=1.0)


def _resolve_queue(lane: int) -> str:
    return RESOLVE_URGENT if lane == Lane.URGENT else RESOLVE


def _send(task: str, queue: str, args: Sequence[object], *, expires: float | None = None) -> bool:
    def publish_one(connection: Connection) -> None:
        current_app.send_task(
            task,
            args=args,
            queue=queue,
            connection=connection,
            retry=False,
            ignore_result=True,
            expires=expires,
        )

    try:
        ask(publish_one)
    except BrokerAway:
        return False
    return True


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
    """Counts `n` deliveries as taken from the queue in this second."""
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
            pipeline.eval(CORRECT, len(keys), *keys, n * HINT_SIZE)
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
