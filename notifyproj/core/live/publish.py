"""Tell the `live` processes what has just been stored. A hint: losing one loses no message."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import redis
from django.conf import settings

from notifyproj.core.servers.redis_client import quick_redis

logger = logging.getLogger(__name__)

# One command: a pipeline of 500 costs redis-py five times the CPU.
PUBLISH_ALL = "for i = 1, #ARGV, 2 do redis.call('PUBLISH', ARGV[i], ARGV[i + 1]) end"


def channel_of(topic: str) -> str:
    """Redis knows no databases when it publishes: the number keeps two installations apart."""
    return f"notify:{urlsplit(settings.REDIS_URL).path.strip('/') or '0'}:{topic}"


@dataclass(slots=True)
class Health:
    """Of this process's way to Redis. Threads share it: a lost update costs one line."""

    is_down: bool = False


_health = Health()


def publish(messages: Sequence[tuple[str, bytes]]) -> bool:
    """One round trip for all (topic, bytes) pairs; subscribers are in `core.live`.

    False when Redis failed (0.1 s at most, one log line until it is back): never raises for it.
    """
    if not messages:
        return True
    try:
        _send(messages)
    except redis.RedisError as error:
        _note_failure(error)
        return False
    _health.is_down = False
    return True


def _send(messages: Sequence[tuple[str, bytes]]) -> None:
    prefix = channel_of("")
    arguments = [part for topic, message in messages for part in (prefix + topic, message)]
    quick_redis().eval(PUBLISH_ALL, 0, *arguments)


def _note_failure(error: Exception) -> None:
    if not _health.is_down:
        logger.warning("Live updates are off: Redis fails", extra={"error": str(error)})
    _health.is_down = True
