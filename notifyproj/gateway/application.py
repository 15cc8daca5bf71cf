"""The RSGI application of the process `web`: a body first, then a thread, then the answer."""

import asyncio
import io
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from django.conf import settings

from notifyproj.core.api.authentication import is_remembered
from notifyproj.core.api.errors import ApiError
from notifyproj.core.garbage import collect_rarely
from notifyproj.gateway import sockets
from notifyproj.gateway.admission import Admission, admission_of
from notifyproj.gateway.answers import (
    Application,
    Made,
    Outgoing,
    Streamed,
    answer,
    refuse,
)
from notifyproj.gateway.bodies import SMALL, Broken, Full, Memory, Reader
from notifyproj.gateway.deadlines import Deadlines
from notifyproj.gateway.environ import CLIENT, Environ, environ_of
from notifyproj.gateway.group import Asked, Group, GroupRoute
from notifyproj.gateway.pipe import Pipe, Unread
from notifyproj.gateway.rsgi import Exchange, ProtocolClosed, Scope
from notifyproj.gateway.threads import Threads

T = TypeVar("T")

SLOW, MOST_SLOW_WAITING = 2, 8  # threads for bodies that come in or go out bit by bit
MOST_WAITING = 4_096  # requests, whole, for a thread
BUSY = ApiError(503, "busy", "Too much is being read at once; try again.", retry_after=5)
LATE = ApiError(408, "too_slow", "The body did not arrive in time.")
BROKEN = ApiError(
    400, "body_unreadable", "The request body is incomplete.", {"body": "It ended early."}
)


class Gateway:
    """`route`: what may be served together with others of its kind (`group.py`)."""

    def __init__(
        self, application: Application, threads: int, route: GroupRoute | None = None
    ) -> None:
        self._application = application
        self._count = threads
        self._route = route

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """In the process that serves: threads do not outlive a fork."""
        collect_rarely()
        self._loop = loop
        self._most: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE  # what any route takes
        self._deadlines = Deadlines()
        self._memory = Memory()
        self._threads = Threads("request", self._count, MOST_WAITING)
        self._uploads = Threads("upload", SLOW, MOST_SLOW_WAITING)
        self._streams = Threads("stream", SLOW, MOST_SLOW_WAITING)
        self._group = Group(self._route, loop) if self._route else None

    async def __rsgi__(self, scope: Scope, exchange: Exchange) -> None:
        sockets.limit_once()
        environ = environ_of(scope)
        try:
            await self._take(environ, exchange)
        except TimeoutError:
            refuse(exchange, scope.path, LATE)
        except Broken:
            refuse(exchange, scope.path, BROKEN)
        except Full:
            refuse(exchange, scope.path, BUSY)
        except ProtocolClosed:  # whoever asked is gone
            return

    async def _take(self, environ: Environ, exchange: Exchange) -> None:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if not length and "HTTP_TRANSFER_ENCODING" not in environ:
            environ["wsgi.input"] = io.BytesIO()
            await self._serve(environ, exchange, self._threads)
            return
        announced = length if "CONTENT_LENGTH" in environ else None
        reader = Reader(exchange, announced, self._deadlines)
        if 0 < length <= SMALL:
            await self._take_small(environ, exchange, await reader.small())
            return
        await self._take_larger(environ, exchange, reader, length)

    async def _take_small(self, environ: Environ, exchange: Exchange, body: bytes) -> None:
        if self._group and self._group.takes(environ):
            response = await self._group.serve(Asked(environ, body))
            if response is not None:
                headers = list(response.items())
                exchange.response_bytes(response.status_code, headers, response.content)
                return
        environ["wsgi.input"] = io.BytesIO(body)
        await self._serve(environ, exchange, self._threads)

    async def _take_larger(
        self, environ: Environ, exchange: Exchange, reader: Reader, length: int
    ) -> None:
        known = is_remembered(environ)
        admission = Admission(self._most)
        begun = b""
        if length <= self._most:
            begun = await reader.up_to(self._most, self._memory, known)
        try:
            if not reader.ended:
                admission = await self._in_thread(lambda: admission_of(environ))
                if not admission.streamed and max(length, len(begun)) <= admission.most:
                    rest = await reader.up_to(admission.most - len(begun), self._memory, known)
                    begun += rest
            await self._hand_over(environ, exchange, reader, begun, admission)
        finally:
            self._memory.release(len(begun))

    async def _hand_over(
        self,
        environ: Environ,
        exchange: Exchange,
        reader: Reader,
        begun: bytes,
        admission: Admission,
    ) -> None:
        if reader.ended:
            environ["CONTENT_LENGTH"] = str(len(begun))
            environ.pop("HTTP_TRANSFER_ENCODING", None)
            environ["wsgi.input"] = io.BytesIO(begun)
            await self._serve(environ, exchange, self._threads)
            return
        if admission.streamed and int(environ.get("CONTENT_LENGTH") or 0) <= admission.most:
            reader.most = admission.most
            environ["wsgi.input"] = Pipe(begun, reader, self._loop)
            await self._serve(environ, exchange, self._uploads)
            return
        await reader.discard()
        environ["CONTENT_LENGTH"] = environ.get("CONTENT_LENGTH") or str(reader.transfer.moved)
        environ["wsgi.input"] = Unread()
        await self._serve(environ, exchange, self._threads)

    async def _serve(self, environ: Environ, exchange: Exchange, threads: Threads) -> None:
        if threads.full():
            raise Full
        rest = await self._in_thread(lambda: answer(self._application, environ, exchange), threads)
        if rest is None:
            return
        if isinstance(rest, Made):
            await self._send_made(exchange, rest, environ[CLIENT])
        elif self._streams.full():
            await self._in_thread(rest.close)
            raise Full
        else:
            send = partial(self._send_streamed, exchange, rest, environ[CLIENT])
            await self._in_thread(send, self._streams)

    async def _send_made(self, exchange: Exchange, made: Made, client: str) -> None:
        """Piece by piece, since whoever reads it may be slow."""
        self._memory.take(len(made.body), is_known=True)
        try:
            transport = exchange.response_stream(made.status, made.headers)
            with Outgoing(transport, self._deadlines, client) as out:
                await out.send(made.body)
        finally:
            self._memory.release(len(made.body))

    def _send_streamed(self, exchange: Exchange, streamed: Streamed, client: str) -> None:
        """In one thread from beginning to end: what makes the pieces may hold a transaction."""
        try:
            transport = exchange.response_stream(streamed.status, streamed.headers)
            with Outgoing(transport, self._deadlines, client) as out:
                for piece in streamed.pieces:
                    asyncio.run_coroutine_threadsafe(out.send(piece), self._loop).result()
        finally:
            streamed.close()

    async def _in_thread(self, work: Callable[[], T], threads: Threads | None = None) -> T:
        done: asyncio.Future[T] = self._loop.create_future()
        (threads or self._threads).run(lambda: _run(work, done, self._loop))
        return await done


def _run(work: Callable[[], T], done: "asyncio.Future[T]", loop: asyncio.AbstractEventLoop) -> None:
    try:
        result = work()
    except BaseException as error:
        loop.call_soon_threadsafe(_fail, done, error)
    else:
        loop.call_soon_threadsafe(_finish, done, result)


def _finish(done: "asyncio.Future[T]", result: T) -> None:
    if not done.done():
        done.set_result(result)


def _fail(done: "asyncio.Future[T]", error: BaseException) -> None:
    if not done.done():
        done.set_exception(error)
