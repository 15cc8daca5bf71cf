"""Which worker processes are at work. Where two take from a queue it is still consumed when one of
them ends (`consumers`), so each gives signs of its own: every few seconds while it is connected.

A process is missed when its signs end, until one of the same name begins after it; and for a day
at most, as somebody may have taken it out for good. One of several of a name that stops by itself
is not missed: there were more than were wanted.
"""

import time
from collections.abc import Sequence
from typing import NamedTuple

from redis import RedisError

from notifications.dispatch.lasting_alert import LastingAlert
from notifyproj.core.servers.redis_client import quick_redis

SIGNS = "workers"  # a hash: node -> "its start, its last sign", the latter in Redis's own seconds
EVERY = 5.0  # seconds between two signs
SILENT = 30  # seconds without a sign
MISSED = 86_400  # seconds
ALARMING = 60.0  # seconds that one is missed before somebody is told: it may be restarting
ALERT = "workers-ended"

NOTE = "redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. redis.call('TIME')[1])"
READ = "return {redis.call('TIME')[1], redis.call('HGETALL', KEYS[1])}"

_alert = LastingAlert(key=ALERT, title="Some workers have ended")
_started = 0.0  # this process's first sign
_noted = 0.0  # its last one, monotonic


class Worker(NamedTuple):
    node: str  # bulk@host
    started: float
    last: float
    age: float  # seconds since its last sign

    @property
    def name(self) -> str:
        return self.node.partition("@")[0]

    @property
    def is_alive(self) -> bool:
        return self.age <= SILENT


def note(node: str) -> None:
    """This process is connected to the broker."""
    global _started, _noted
    if _noted and time.monotonic() - _noted < EVERY:
        return
    _noted, _started = time.monotonic(), _started or time.time()
    try:
        quick_redis().eval(NOTE, 1, SIGNS, node, f"{_started:.0f}")
    except RedisError:
        return


def stop(node: str) -> None:
    """It ends by itself: not missed where others of its name go on."""
    name = node.partition("@")[0]
    others = [each for each in _workers() or () if each.name == name and each.node != node]
    if any(each.is_alive for each in others):
        _forget([node])


def ended() -> list[str] | None:
    """The processes that are missed, by node; None: Redis is away, so nobody knows."""
    workers = _workers()
    return None if workers is None else _missed(workers)


def watch() -> None:
    """Every four seconds, by `periodic`: tell of those that are missed, and forget the others."""
    workers = _workers()
    if workers is None:
        return
    missed = _missed(workers)
    _forget([each.node for each in workers if not each.is_alive and each.node not in missed])
    _alert.tell(missed, after=ALARMING)


def _missed(workers: Sequence[Worker]) -> list[str]:
    alive = [each for each in workers if each.is_alive]
    return sorted(
        each.node
        for each in workers
        if SILENT < each.age <= MISSED
        and not any(new.name == each.name and new.started >= each.last for new in alive)
    )


def _workers() -> list[Worker] | None:
    try:
        now, signs = quick_redis().eval(READ, 1, SIGNS)
    except RedisError:
        return None
    return [
        _worker(node.decode(), sign.decode(), int(now))
        for node, sign in zip(signs[::2], signs[1::2], strict=True)
    ]


def _worker(node: str, sign: str, now: int) -> Worker:
    started, last = map(float, sign.split())
    return Worker(node, started, last, now - last)


def _forget(nodes: Sequence[str]) -> None:
    if not nodes:
        return
    try:
        quick_redis().hdel(SIGNS, *nodes)
    except RedisError:
        return


def forget() -> None:
    """As a new process."""
    global _started, _noted
    _started, _noted = 0.0, 0.0
    _alert.forget()
