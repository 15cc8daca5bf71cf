"""Callbacks on the `live` process: plain ASGI, since a request through Django costs more than all
the rest. 3,000 a second and more take a fraction of one core."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from weakref import WeakKeyDictionary

from channels.base import HttpResponse
from notifications.callbacks.receive import certificates
from notifications.callbacks.receive.accounts import Callers, callers, load_callers
from notifications.callbacks.receive.intake import MOST_WAITING, Intake, NotStored
from notifications.callbacks.receive.verify import (
    BUSY,
    FORBIDDEN,
    MOST_BYTES,
    NOT_ALLOWED,
    NOT_FOUND,
    PATH,
    TOO_LARGE,
    certificate_url,
    check,
    request_of,
    stranger,
)
from notifyproj.core.clock import now as clock_now

log = logging.getLogger(__name__)

PREFIX = "/hooks/"
BODY_SECONDS = 10.0  # for a whole body

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Refused(Exception):
    def __init__(self, answer: HttpResponse) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Hooks:
    """The ASGI application; one for each event loop."""

    def __init__(self, intake: Intake | None = None) -> None:
        self._intake = intake or Intake()
        self._reading = 0  # bytes of bodies that are coming in
        self._thread = ThreadPoolExecutor(1, "callers")
        self._loading: asyncio.Future[Callers] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answer(scope, receive)
        except Refused as refused:
            answer = refused.answer
        except Exception as error:
            log.error("a callback was not taken", extra={"error": type(error).__name__})
            answer = BUSY
        headers = {"content-length": str(len(answer.body)), **answer.headers}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, scope: Scope, receive: Receive) -> HttpResponse:
        path = PATH.fullmatch(scope["path"])
        if path is None:
            return NOT_FOUND
        if scope["method"] != "POST":
            return NOT_ALLOWED
        known = await self._callers()
        caller = known.by_name.get((path[1], path[2]))
        if caller is None:
            return stranger(known, path[1], path[2])
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        body = await self._body(headers.get("content-length", ""), receive)
        query = scope["query_string"].decode("latin-1")
        request = request_of(scope["path"], query, headers, body)
        certificate = await _certificate(certificate_url(caller, request))
        accepted = check(caller, request, clock_now(), certificate)
        if accepted is None:
            return FORBIDDEN
        try:
            await self._intake.put(accepted.row)
        except NotStored:
            return BUSY
        return accepted.reply

    async def _callers(self) -> Callers:
        """Read every other second at most, by one of those who ask, and not on the loop."""
        found = callers.peek()
        if found is not None:
            return found
        if self._loading is None or self._loading.done():
            loop = asyncio.get_running_loop()
            self._loading = loop.run_in_executor(self._thread, load_callers)
        return await asyncio.shield(self._loading)

    async def _body(self, length: str, receive: Receive) -> bytes:
        if length.isdecimal() and int(length) > MOST_BYTES:
            raise Refused(TOO_LARGE)
        pieces: list[bytes] = []
        size, more = 0, True
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while more:
                    piece, more = await _piece(receive)
                    size += len(piece)
                    self._reading += len(piece)
                    pieces.append(piece)
                    if size > MOST_BYTES:
                        raise Refused(TOO_LARGE)
                    if self._reading > MOST_WAITING:
                        raise Refused(BUSY)
        except TimeoutError:
            raise Refused(HttpResponse(408, {}, b"")) from None
        finally:
            self._reading -= size
        return b"".join(pieces)


async def _piece(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] != "http.request":
        raise Refused(HttpResponse(400, {}, b""))  # gone before the end
    return message.get("body", b""), message.get("more_body", False)


async def _certificate(url: str | None) -> str:
    if url is None:
        return ""
    found = certificates.known(url) or await asyncio.to_thread(certificates.get, url)
    if not found:
        raise Refused(BUSY)
    return found


_hooks: "WeakKeyDictionary[asyncio.AbstractEventLoop, Hooks]" = WeakKeyDictionary()


async def hooks(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application of `/hooks/`, with one intake for each event loop."""
    await _hooks.setdefault(asyncio.get_running_loop(), Hooks())(scope, receive, send)
