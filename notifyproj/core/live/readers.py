"""Redis pub/sub for many readers: one connection per event loop, fanned out in memory.

`with hub().join(topic) as subscriber:` then `await subscriber.next(seconds)`; or, where a gap
does not matter, `async for message in subscribe(topic)`.
"""

import asyncio
import logging
import random
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from enum import Enum
from typing import Any
from weakref import WeakKeyDictionary

import redis.asyncio
from django.conf import settings
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from notifyproj.core.live.publish import channel_of

logger = logging.getLogger(__name__)

QUEUE_SIZE = 256  # messages; a reader further behind is cut off and comes back with Last-Event-ID
CONNECT_SECONDS = 5.0  # to connect, to log in and to subscribe: a frozen Redis takes connections
FIRST_DELAY, LONGEST_DELAY = 0.1, 5.0  # seconds between tries to reconnect
SILENCE = 10.0  # seconds without a word of Redis after which it is asked, then given up
ALWAYS = "live"  # a topic nobody publishes to: Redis lets a connection listen to one at least


class Signal(Enum):
    LISTENING = 1  # from here on nothing is missed; before, something may have been: catch up
    BEAT = 2  # nothing came in time
    CUT_OFF = 3  # too slow: no message comes any more


class FellBehind(Exception):
    """A stream breaks off, since its reader is too slow: it must not end like a complete one."""


class Subscriber:
    """One reader's bounded queue."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[bytes | Signal] = asyncio.Queue(QUEUE_SIZE)
        self._cut_off = False

    async def next(self, seconds: float) -> bytes | Signal:
        """The next message, or what happened instead."""
        if self._cut_off:
            return Signal.CUT_OFF
        try:
            async with asyncio.timeout(seconds):
                return await self._queue.get()
        except TimeoutError:
            return Signal.BEAT

    def put(self, message: bytes | Signal) -> None:
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            self._cut_off = True


class Hub:
    """The subscriptions of one event loop. Connects with its first reader, then stays."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._readers: defaultdict[str, set[Subscriber]] = defaultdict(set)
        self._listening: set[str] = set()  # topics Redis has confirmed
        self._pubsub: PubSub | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._started = False

    def count(self, topic: str) -> int:
        return len(self._readers.get(topic, ()))

    @contextmanager
    def join(self, topic: str) -> Iterator[Subscriber]:
        """Its first message is LISTENING, as soon as Redis has confirmed."""
        subscriber = Subscriber()
        self._readers[topic].add(subscriber)
        if topic in self._listening:
            subscriber.put(Signal.LISTENING)
        elif self.count(topic) == 1:
            self._soon(self._tell("subscribe", topic))
        self._start()
        try:
            yield subscriber
        finally:
            self._leave(topic, subscriber)

    def _leave(self, topic: str, subscriber: Subscriber) -> None:
        self._readers[topic].discard(subscriber)
        if not self._readers[topic]:
            del self._readers[topic]
            self._listening.discard(topic)
            self._soon(self._tell("unsubscribe", topic))

    def _start(self) -> None:
        if not self._started:
            self._started = True
            self._soon(self._run())

    def _soon(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)  # the loop itself keeps only a weak reference
        task.add_done_callback(self._tasks.discard)

    async def _tell(self, command: str, topic: str) -> None:
        if self._pubsub is None:
            return  # `_run` subscribes to every topic once it has connected
        try:
            await getattr(self._pubsub, command)(channel_of(topic))
        except (RedisError, OSError):
            logger.debug("Redis is away", extra={"topic": topic})  # `_run` sees it too

    async def _run(self) -> None:
        delay = FIRST_DELAY
        while True:
            try:
                await self._listen()
            except Exception as error:  # whatever it was, the readers wait for us to come back
                delay = FIRST_DELAY if self._pubsub else min(delay * 2, LONGEST_DELAY)
                logger.warning("Live updates wait for Redis", extra={"error": str(error)})
            self._pubsub = None
            self._listening.clear()
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))  # noqa: S311 - only jitter

    async def _listen(self) -> None:
        client = redis.asyncio.Redis.from_url(
            self._url,
            socket_connect_timeout=2,
            socket_keepalive=True,
            retry=Retry(NoBackoff(), 0),  # a silent reconnect would hide a gap
        )
        async with client, client.pubsub() as pubsub:
            async with asyncio.timeout(CONNECT_SECONDS):
                await pubsub.connect()
                self._pubsub = pubsub  # who joins from here on subscribes by `_tell`
                await pubsub.subscribe(*map(channel_of, (ALWAYS, *self._readers)))
            asked = False
            while True:
                message = await pubsub.get_message(timeout=SILENCE)
                if message is None and asked:
                    raise redis.ConnectionError("Redis fell silent")
                asked = message is None
                if asked:
                    await pubsub.ping()
                else:
                    self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        topic = _text(message.get("channel")).removeprefix(channel_of(""))
        readers = self._readers.get(topic, ())
        if message["type"] == "subscribe" and topic in self._readers:
            self._listening.add(topic)
            for reader in readers:
                reader.put(Signal.LISTENING)
        elif message["type"] == "message":
            for reader in readers:
                reader.put(message["data"])


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value or "")


_hubs: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hub]" = WeakKeyDictionary()


def hub() -> Hub:
    """The running loop's."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub(settings.REDIS_URL))


async def subscribe(topic: str) -> AsyncGenerator[bytes, None]:
    """Messages of a topic, from now on; ends when its reader is too slow."""
    with hub().join(topic) as subscriber:
        while (message := await subscriber.next(SILENCE)) is not Signal.CUT_OFF:
            if isinstance(message, bytes):
                yield message
