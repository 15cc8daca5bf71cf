"""The broker for things that must not wait for it, whatever broker it is.

A time limit of 0.1 s holds for the whole of a publication or question. A broker that has failed is
left alone for a second, in this process: whoever asks meanwhile is told at once.
"""

import logging
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, TypeVar

from celery import current_app
from kombu.connection import ConnectionPool
from kombu.exceptions import KombuError

from notifyproj.core.servers.broker_thread import BrokerThread, Work
from notifyproj.core.servers.redis_client import Circuit

log = logging.getLogger(__name__)

T = TypeVar("T")

TIMEOUT = 0.1  # seconds, to connect and to answer
PATIENCE = 1.0  # seconds, for an answer about every queue
CONNECTIONS = 16  # of a process: more threads than that do not publish at once
REDIS_OPTIONS = {"max_retries": 0, "socket_timeout": TIMEOUT, "socket_connect_timeout": TIMEOUT}
NOWHERE = "notify.nowhere"  # no queue has this name: a message to it is confirmed and dropped


class BrokerAway(Exception):
    """It does not answer, or did not a moment ago."""


class Blocked(OSError):
    """It takes nothing for now: an alarm about its memory or disk."""


def ask(work: Work[T]) -> T:
    """What `work` returns of a kombu connection. Raises BrokerAway, also for what fails inside."""
    return _line(_url()).ask(work, TIMEOUT)


def message_counts(queues: Iterable[str]) -> dict[str, int]:
    """Messages in each; none in one nobody made yet. Takes a second at most, so it is nothing for
    whoever accepts. Raises BrokerAway."""
    return _line(_url()).ask(lambda connection: _count(connection, queues), PATIENCE)


def state(url: str) -> str:
    """Whether that broker would take a message: "ok", "down", or "blocked" by an alarm."""
    line = _line(url)
    with suppress(BrokerAway):
        line.ask(_publish_nothing, TIMEOUT)
        return "ok"
    return "blocked" if line.blocked else "down"


def forget() -> None:
    """Begin anew: connections do not cross a fork."""
    _line.cache_clear()


class Line:
    """The way to one broker, and how it fared."""

    def __init__(self, url: str) -> None:
        connection = current_app.connection_for_write(url)
        errors = (*connection.connection_errors, *connection.channel_errors)
        self._errors: tuple[type[BaseException], ...] = (KombuError, OSError, *errors)
        self._circuit = Circuit()
        self._way = _Pool(url) if _is_redis(url) else BrokerThread(lambda: _connect_amqp(url))
        self.blocked = False

    def ask(self, work: Work[T], seconds: float) -> T:
        if not self._circuit.allows():
            raise BrokerAway
        try:
            found = self._way.run(work, seconds)
        except self._errors as error:
            self._circuit.failed()
            self.blocked = isinstance(error.__cause__ or error, Blocked)  # kombu wraps some
            log.warning("the broker does not answer; the sweep will", extra={"error": repr(error)})
            raise BrokerAway from error
        self._circuit.succeeded()
        return found


class _Pool:
    """Redis: its client has time limits, so the caller's own thread does the work."""

    def __init__(self, url: str) -> None:
        self._pool: ConnectionPool = current_app.connection_for_write(
            url, connect_timeout=TIMEOUT, transport_options=REDIS_OPTIONS
        ).Pool(CONNECTIONS)

    def run(self, work: Work[T], seconds: float) -> T:
        with self._pool.acquire(block=True, timeout=seconds) as connection:
            return work(connection)


def _connect_amqp(url: str) -> Any:
    """Each message is confirmed: one that the broker did not take is not counted as in a queue.
    Without heartbeats, since nobody would send them between two messages."""
    options = {
        "confirm_publish": True,
        "read_timeout": TIMEOUT,
        "write_timeout": TIMEOUT,
        "on_blocked": _refuse,
        "max_retries": 0,
    }
    return current_app.connection_for_write(
        url, connect_timeout=TIMEOUT, heartbeat=0, transport_options=options
    )


def _refuse(reason: str) -> None:
    raise Blocked(reason)


def _publish_nothing(connection: Any) -> None:
    channel = connection.default_channel
    if connection.transport.driver_type == "redis":
        channel.client.ping()
    else:
        channel.basic_publish(channel.prepare_message(b""), exchange="", routing_key=NOWHERE)


def _count(connection: Any, queues: Iterable[str]) -> dict[str, int]:
    """RabbitMQ closes the channel on which it is asked for a queue that is not there."""
    if connection.transport.driver_type == "redis":
        return _count_in_redis(connection.default_channel, list(queues))
    channel, found = None, {}
    for queue in queues:
        channel = channel or connection.channel()
        try:
            found[queue] = int(channel.queue_declare(queue, passive=True).message_count)
        except connection.channel_errors:
            found[queue], channel = 0, None
    if channel is not None:
        channel.close()
    return found


def _count_in_redis(channel: Any, queues: Sequence[str]) -> dict[str, int]:
    """One round trip for all: kombu asks twice for each queue, which is a list per priority."""
    steps = channel.priority_steps
    with channel.client.pipeline(transaction=False) as pipe:
        for queue in queues:
            for step in steps:
                pipe.llen(channel._q_for_pri(queue, step))
        sizes = iter(pipe.execute())
    return {queue: sum(next(sizes) for _ in steps) for queue in queues}


def _is_redis(url: str) -> bool:
    return url.startswith(("redis://", "rediss://", "redis+socket://"))


def _url() -> str:
    return str(current_app.conf.broker_write_url)


@lru_cache(maxsize=4)
def _line(url: str) -> Line:
    return Line(url)


os.register_at_fork(after_in_child=forget)
