"""The status callbacks Twilio owes, to addresses of this machine only."""

import asyncio
import logging
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

import aiohttp
from twilio.request_validator import RequestValidator

from channels.sandbox.values import Callback

logger = logging.getLogger(__name__)

STATUSES = (("sent", 0.3), ("delivered", 0.9))  # seconds after the message; none for `queued`
TRIES = 2  # "one retry on a failed connection"
TIMEOUT = aiohttp.ClientTimeout(total=15)
AT_ONCE = 20
WAITING = 5_000  # callbacks owed; of a flood, the rest is not sent


class Callbacks:
    def __init__(self, moved: Callable[[str, str], None]) -> None:
        """`moved(sid, status)` is told of every status."""
        self._moved = moved
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
        since = 0.0
        for status, after in STATUSES:
            await asyncio.sleep(after - since)
            since = after
            self._moved(callback.form["MessageSid"], status)
            if is_local(callback.url):
                form = {**callback.form, "MessageStatus": status, "SmsStatus": status}
                async with self._gate:
                    await self._post(callback, form)

    async def _post(self, callback: Callback, form: dict[str, str]) -> None:
        url = callback.url.partition("#")[0]
        signature = RequestValidator(callback.secret).compute_signature(url, form)
        headers = {"X-Twilio-Signature": signature, "User-Agent": "TwilioProxy/1.1"}
        for _ in range(TRIES):
            try:
                async with self._session.post(
                    url, data=form, headers=headers, allow_redirects=False
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
