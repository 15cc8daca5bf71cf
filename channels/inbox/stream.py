"""`/inbox/stream`: a person's news as server-sent events, in the `live` process.

Events: `item` (id: the item's; data as in the API), `count` ({"unread"}), `expired` (get a fresh
token and come back). Whatever was missed since `Last-Event-ID`, or while Redis was away, is read
from the table; no database connection is held otherwise.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from uuid import UUID

from django.db import DatabaseError, connection
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from channels.inbox import selectors, tokens, wire
from channels.inbox.authentication import reader_of
from notifyproj.core import clock
from notifyproj.core.api.errors import ApiError, error_response, status_error
from notifyproj.core.live import sse
from notifyproj.core.live.readers import FellBehind, Signal, hub

logger = logging.getLogger(__name__)

MOST_PER_PERSON = 20  # open streams of one person in this process: tabs, not an attack
# Ten thousand readers who come back at once take turns with these connections.
_readers_of_the_table = ThreadPoolExecutor(4, thread_name_prefix="catch-up")


async def stream(request: HttpRequest) -> HttpResponseBase:
    """Streams the inbox of the token's person as server-sent events, from `Last-Event-ID` on."""
    try:
        reader = _admitted(request)
    except ApiError as error:
        return error_response(error)
    last_id = _uuid(request.headers.get("Last-Event-ID", ""))
    return StreamingHttpResponse(
        _until_the_table_is_away(reader, last_id),
        content_type=sse.CONTENT_TYPE,
        headers=sse.HEADERS,
    )


def _admitted(request: HttpRequest) -> tokens.Reader:
    """Raises ApiError."""
    if request.method != "GET":
        raise status_error(405)
    reader = reader_of(request)
    if hub().count(wire.topic(reader.recipient_id)) >= MOST_PER_PERSON:
        raise ApiError(429, "too_many_streams", "Too many open streams.", retry_after=30)
    return reader


@dataclass(frozen=True, slots=True)
class Missed:
    """What the table has: events to send, the last id in them, the unread items it counted."""

    events: bytes
    last_id: UUID
    counted: set[UUID]


async def _until_the_table_is_away(
    reader: tokens.Reader, last_id: UUID | None
) -> AsyncIterator[bytes]:
    """The browser comes back with its last id, ever more slowly; a log line will do."""
    try:
        async with aclosing(_events(reader, last_id)) as events:
            async for event in events:
                yield event
    except DatabaseError as error:
        logger.warning("A stream ends: no database", extra={"error": type(error).__name__})


async def _events(reader: tokens.Reader, last_id: UUID | None) -> AsyncGenerator[bytes, None]:
    yield sse.HEARTBEAT  # at once, so that the browser knows it is connected
    counted: set[UUID] = set()
    with hub().join(wire.topic(reader.recipient_id)) as subscriber:
        while (left := (reader.expires_at - clock.now()).total_seconds()) > 0:
            event = await subscriber.next(min(left, sse.BEAT_SECONDS))
            if event is Signal.CUT_OFF:
                raise FellBehind
            if event is Signal.LISTENING:
                missed = await _catch_up(reader, last_id)
                last_id, counted = missed.last_id, missed.counted
                yield missed.events
                continue
            news = _news_for(reader, event) if isinstance(event, bytes) else sse.HEARTBEAT
            if news:
                yield news
            item_id = _uuid(sse.id_of(news or b""))
            last_id = item_id or last_id
            # Announced while the table was read; or the count we were told is not this reader's.
            if item_id in counted or news is None:
                missed = await _catch_up(reader, None)
                counted = missed.counted - {item_id}
                yield missed.events
    yield wire.expired_event()


def _news_for(reader: tokens.Reader, message: bytes) -> bytes | None:
    """What this reader gets of a message: b"" for nothing, None for a count to be made anew."""
    service_id, event = wire.sender_of(message)
    if reader.service_id is None:
        return event
    if wire.is_count(event):
        return None
    return event if service_id in (None, reader.service_id) else b""


async def _catch_up(reader: tokens.Reader, last_id: UUID | None) -> Missed:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_readers_of_the_table, _read, reader, last_id)


def _read(reader: tokens.Reader, last_id: UUID | None) -> Missed:
    """What was missed, then the count, which carries the id to resume from."""
    whose = (reader.recipient_id, reader.service_id)
    try:
        items = selectors.items_since(whose[0], last_id, whose[1]) if last_id else []
        newest = items[-1].id if items else last_id or selectors.newest_id(*whose)
        counted = selectors.unread_ids(*whose)
    finally:
        connection.close()
    events = [wire.item_event(wire.row_json(item)) for item in items]
    last_id = newest or wire.NOTHING_YET
    return Missed(
        b"".join([*events, wire.count_event(len(counted), str(last_id))]), last_id, counted
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
