"""From a WSGI application's answer to granian's."""

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from typing import Any

from whitenoise.responders import SlicedFile  # type: ignore[import-untyped]  # the library has no types

from notifyproj.core.api.errors import API_PATHS, ApiError, error_body
from notifyproj.gateway.deadlines import Deadlines, Transfer
from notifyproj.gateway.environ import Environ
from notifyproj.gateway.outflow import Outflow
from notifyproj.gateway.rsgi import Exchange, Headers, ProtocolClosed, Transport

Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
log = logging.getLogger(__name__)

AT_ONCE = 65_536  # bytes of an answer that is handed over whole, whoever reads it
NO_BODY = (204, 304)


@dataclass(frozen=True, slots=True)
class Made:
    """A large answer, all of which is there."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Streamed:
    """An answer that is made while it is sent."""

    status: int
    headers: Headers
    pieces: Iterator[bytes]
    close: Callable[[], None]


class Outgoing:
    """An answer on its way to somebody who may read it slowly, or not at all. After an error in
    its block it ends as a broken one, and the error goes no further."""

    def __init__(self, transport: Transport, deadlines: Deadlines, client: str) -> None:
        self._transport = transport
        self._transfer = Transfer(deadlines)
        self._flow = Outflow(client)

    async def send(self, piece: bytes) -> None:
        """Raises TimeoutError, and ProtocolClosed when nobody listens any more."""
        for at in range(0, len(piece), AT_ONCE):
            part = piece[at : at + AT_ONCE]
            await self._transfer.wait(self._transport.send_bytes(part))
            await self._transfer.wait(self._flow.sent(len(part)))
            self._transfer.moved = self._flow.moved

    def __enter__(self) -> "Outgoing":
        return self

    def __exit__(self, type_: object, error: BaseException | None, trace: object) -> bool:
        """While the transport is held: once it is let go, granian ends the answer."""
        if error is not None and not isinstance(error, ProtocolClosed):
            self._flow.break_off()
            log_broken(error)
        self._flow.close()
        return isinstance(error, Exception)


def answer(
    application: Application, environ: Environ, exchange: Exchange
) -> Made | Streamed | None:
    """Runs the application and sends what it says. Returns what has to be sent slowly."""
    started: list[tuple[str, Headers]] = []

    def start(status: str, headers: Headers, error: object = None) -> None:
        started[:] = [(status, headers)]

    response: Any = application(environ, start)
    line, headers = started[0]
    status = int(line[:3])
    if getattr(response, "streaming", False):
        return _streamed(exchange, status, headers, response)
    try:
        body = b"".join(response)
        if len(body) > AT_ONCE and environ["REQUEST_METHOD"] != "HEAD":
            return Made(status, headers, body)
        if status in NO_BODY:
            exchange.response_empty(status, headers)
        else:
            exchange.response_bytes(status, headers, body)
        return None
    finally:
        response.close()


def _streamed(
    exchange: Exchange, status: int, headers: Headers, response: Any
) -> Made | Streamed | None:
    """A file is sent by the server itself, anything else is made while it is sent."""
    file = getattr(response, "file_to_stream", None)
    part = file if isinstance(file, SlicedFile) else None
    whole = part.fileobj if part else file
    if not isinstance(whole, BufferedReader):
        return Streamed(status, headers, iter(response), response.close)
    if part:
        start = whole.tell()
        exchange.response_file_range(
            status, headers, str(whole.name), start, start + part.remaining
        )
    else:
        exchange.response_file(status, headers, str(whole.name))
    response.close()
    return None


def log_broken(error: BaseException) -> None:
    if isinstance(error, TimeoutError):
        log.warning("an answer was read too slowly")
    else:
        log.error("an answer broke off", exc_info=error)


def refuse(exchange: Exchange, path: str, error: ApiError) -> None:
    """An answer of our own, in the API's shape where that is asked."""
    is_api = path.startswith(API_PATHS)
    text = json.dumps(error_body(error.code, error.message, error.fields))
    kind = "application/json" if is_api else "text/plain; charset=utf-8"
    headers = [("content-type", kind), ("connection", "close"), ("cache-control", "no-store")]
    if error.retry_after is not None:
        headers.append(("retry-after", str(int(error.retry_after))))
    exchange.response_bytes(error.status, headers, (text if is_api else error.message).encode())
