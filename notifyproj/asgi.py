"""The `live` process, streams and callbacks: `granian … notifyproj.asgi:application`."""

import asyncio
import logging
import os
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import django
from django.core.handlers.asgi import ASGIHandler
from django.core.signals import request_started
from django.db import close_old_connections, reset_queries

os.environ["DJANGO_SETTINGS_MODULE"] = "notifyproj.live_settings"
django.setup()

# Both would start a thread for every stream, kept until it ends, and streams have no connection.
request_started.disconnect(close_old_connections)
request_started.disconnect(reset_queries)

from notifications.callbacks.receive.asgi import PREFIX, Receive, Scope, Send, hooks  # noqa: E402 - after the set-up
from notifyproj.core.live.readers import FellBehind  # noqa: E402 - after the set-up
from notifyproj.core.logs import mask_access  # noqa: E402 - after the set-up
from notifyproj.gateway import sockets  # noqa: E402 - after the set-up
from notifyproj.gateway.outflow import Outflow  # noqa: E402 - after the set-up

logging.getLogger("granian.access").addFilter(mask_access)
django_application = ASGIHandler()
log = logging.getLogger(__name__)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Providers' callbacks, thousands a second, go past Django."""
    sockets.limit_once()
    if scope["type"] == "http" and scope["path"].startswith(PREFIX):
        await hooks(scope, receive, send)
    else:
        unread = without_body(receive)
        with answering(scope, send) as paced:
            await django_application(scope, unread, paced)  # type: ignore[arg-type]  # narrower types of the same


@contextmanager
def answering(scope: Scope, send: Send) -> Iterator[Send]:
    """Waits for a slow reader for a while. What breaks off does not end like a whole answer."""
    flow = Outflow("[{}]:{}".format(*scope["client"]))

    async def paced(message: MutableMapping[str, Any]) -> None:
        await send(message)
        async with asyncio.timeout(sockets.UNREAD_SECONDS):
            await flow.sent(len(message.get("body", b"")))

    try:
        yield paced
    except Exception as error:  # in the middle of an answer: else Django makes a 500 of it
        flow.break_off()
        if not isinstance(error, FellBehind | TimeoutError):
            raise
        log.warning("a stream was read too slowly")
    finally:
        flow.close()


def without_body(receive: Receive) -> Receive:
    """No other route takes a body, and Django would write any number of bytes to the disk."""
    told = False

    async def read() -> MutableMapping[str, Any]:
        nonlocal told
        if not told:
            told = True
            return {"type": "http.request", "body": b"", "more_body": False}
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return message

    return read
