"""The stand-in where no nginx can be had: an ASGI app under granian. Not native: it costs more.

`BENCH_DELAYS` is "prompt" or "slow"; `BENCH_ARRIVALS` the file that gets a line a request.
"""

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

ORDINARY, RARE, SHARE_OF_RARE = 0.1, 5.0, 0.01  # seconds, seconds, share

SLOW = os.environ["BENCH_DELAYS"] == "slow"
LOG = open(os.environ["BENCH_ARRIVALS"], "ab", buffering=0)  # noqa: SIM115 - as long as we live


async def app(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    if scope["type"] != "http":
        return
    began = time.time()
    while (await receive()).get("more_body"):
        pass
    if SLOW:
        await asyncio.sleep(RARE if random.random() < SHARE_OF_RARE else ORDINARY)
    id_ = dict(scope["headers"]).get(b"apns-id", b"-")
    now = time.time()
    LOG.write(b"%.3f %s 200 %.3f\n" % (now, id_, now - began))
    headers = [(b"apns-id", id_), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
