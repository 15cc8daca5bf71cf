"""The broker for things that must not wait for it: short timeouts, no retries.

Once it has failed it is left alone for a second, in this process: whoever asks meanwhile is told
at once. Celery's own connections try again for four seconds, which an accepted request would wait.
"""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from celery import current_app
from kombu.connection import ConnectionPool
from kombu.exceptions import KombuError

log = logging.getLogger(__name__)

TIMEOUT = 0.1  # seconds, to connect and to answer
CONNECTIONS = 16  # of a process: more threads than that do not publish at once
PAUSE = 1.0  # seconds
OPTIONS: dict[str, float] = {"max_retries": 0}
REDIS_OPTIONS = {"socket_timeout": TIMEOUT, "socket_connect_timeout": TIMEOUT}

_away_until = 0.0


class BrokerAway(Exception):
    """It does not answer, or did not a moment ago."""


@contextmanager
def quick_broker() -> Iterator[Any]:
    """A kombu connection to publish or ask with. Raises BrokerAway, also for what fails inside."""
    global _away_until
    if time.monotonic() < _away_until:
        raise BrokerAway
    try:
        with _pool().acquire(block=True, timeout=TIMEOUT) as connection:
            yield connection
    except _errors() as error:
        _away_until = time.monotonic() + PAUSE
        log.warning("the broker does not answer; the sweep will", extra={"error": error})
        raise BrokerAway from error


def forget() -> None:
    """Begin anew: connections do not cross a fork."""
    global _away_until
    _away_until = 0.0
    _pool.cache_clear()


@lru_cache(maxsize=1)
def _pool() -> ConnectionPool:
    redis = current_app.connection_for_write().transport_cls in ("redis", "rediss")
    options = OPTIONS | (REDIS_OPTIONS if redis else {})
    return current_app.connection_for_write(
        connect_timeout=TIMEOUT, transport_options=options
    ).Pool(CONNECTIONS)


@lru_cache(maxsize=1)
def _errors() -> tuple[type[BaseException], ...]:
    """What this transport raises when it is away."""
    connection = current_app.connection_for_write()
    return (KombuError, OSError, *connection.connection_errors, *connection.channel_errors)


os.register_at_fork(after_in_child=forget)
