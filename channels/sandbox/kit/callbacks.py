"""The callbacks that providers owe, to addresses of this machine only."""

import asyncio
import logging
from datetime import UTC, datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from channels.sandbox.kit.values import Callback, Post

logger = logging.getLogger(__name__)

TRIES = 2  # as Twilio does: "one retry on a failed connection"
TIMEOUT = aiohttp.ClientTimeout(total=15)
AT_ONCE = 20
WAITING = 5_000  # callbacks owed; of a flood, the rest is not sent


class Callbacks:
    def __init__(self) -> None:
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._session = aiohttp.ClientSession(timeout=TIMEOUT)

    def owe(self, callback: Callback) -> None:
        if len(self._tasks) >= WAITING:
            return
        task = asyncio.get_running_loop().create_task(self._pay(callback))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self._session.close()

    async def _pay(self, callback: Callback) -> None:
        url, since = callback.url.partition("#")[0], 0.0
        for after, made in callback.steps:
            await asyncio.sleep(after - since)
            since = after
            post = made(datetime.now(UTC))
            if is_local(url):
                async with self._gate:
                    await self._post(url, post)

    async def _post(self, url: str, post: Post) -> None:
        for _ in range(TRIES):
            try:
                async with self._session.post(
                    URL(url, encoded=True),
                    data=post.body,
                    headers=post.headers,
                    allow_redirects=False,
                ):
                    return
            except (aiohttp.ClientError, TimeoutError) as error:
                logger.info("A callback failed", extra={"error": type(error).__name__})


def is_local(url: str) -> bool:
    """Whether the URL names this machine: the sandbox must not be a way to reach others."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
