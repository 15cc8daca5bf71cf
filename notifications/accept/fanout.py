"""Resolve audiences too large for the accepting transaction, chunk by chunk.

The cursor moves by compare-and-set in the transaction that writes the chunk's deliveries: a
chunk that is repeated, or whose worker died, leaves nothing twice and nothing out.
"""

import time
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from channels.base import Lane
from notifications.accept.write import insert_planned
from notifications.dispatch import dispatch
from notifications.dispatch.dispatch import backlog, limit
from notifications.queues import delivery_queue
from notifications.resolve.resolve import NOWHERE, first_fallbacks, load_facts, plan
from notifications.resolve.rows import Job, Row
from notifications.statuses import NotificationState
from notifications.variables import wipe
from notifyproj.core.clock import now as clock_now
from notifyproj.core.ids import milliseconds_of
from preferences.facts.facts import recipients_after
from preferences.facts.types import type_of

CHUNK = 5_000  # deliveries, about
TURN = 5.0  # seconds one task goes on; then the next one may run elsewhere
WHEN_FULL = timedelta(seconds=1)

LOAD = """
SELECT id::text, type_id, template_version_id, lane, channels, expires_at, cursor,
       recipient_ids, unknown_recipients, everyone, content_hash
FROM notification WHERE id = %s AND state = %s AND dispatch_no = %s
"""
MOVE = """
UPDATE notification SET cursor = %s, state = %s, due_at = %s
WHERE id = %s AND cursor = %s AND state = %s AND dispatch_no = %s
"""


class Audience(NamedTuple):
    id: str
    type_id: int
    template_version_id: int
    lane: int
    channels: list[str]
    expires_at: datetime
    cursor: int
    recipient_ids: list[int]
    unknown: list[str]
    everyone: bool
    content_hash: memoryview


class Page(NamedTuple):
    recipients: list[int]
    unknown: list[str]
    cursor: int
    last: bool


def resolve_chunks(notification_id: str, dispatch_no: int) -> int:
    """Resolve until done, out of room, or out of time; returns how many deliveries it wrote."""
    stop = time.monotonic() + TURN
    written, last = 0, False
    while not last and (audience := _load(notification_id, dispatch_no)) is not None:
        last = time.monotonic() > stop  # this chunk says that the sweep is to go on at once
        rows = _chunk(audience, dispatch_no, out_of_time=last)
        wipe([(audience.id, audience.type_id)])
        if rows is None:
            break
        dispatch.publish(row.due() for row in rows if row.dispatched)
        written += len(rows)
    return written


def _load(notification_id: str, dispatch_no: int) -> Audience | None:
    with connection.cursor() as cursor:
        cursor.execute(LOAD, [notification_id, NotificationState.ACCEPTED.value, dispatch_no])
        row = cursor.fetchone()
    return Audience(*row) if row else None


def _chunk(audience: Audience, dispatch_no: int, *, out_of_time: bool) -> list[Row] | None:
    """One chunk; None when there is nothing more to do now."""
    now = clock_now()
    if audience.expires_at <= now:
        _move(audience, dispatch_no, audience.cursor, NotificationState.EXPIRED, None)
        return None
    if not _has_room(audience):
        later = now + WHEN_FULL
        _move(audience, dispatch_no, audience.cursor, NotificationState.ACCEPTED, later)
        return None
    page = _page(audience)
    job = _job(audience, page)
    facts = load_facts([job])
    planned = plan([job], facts, NOWHERE, now)
    state = NotificationState.RESOLVED if page.last else NotificationState.ACCEPTED
    due_at = None if page.last else (now if out_of_time else now + dispatch.RESOLVE_LIFE)
    with transaction.atomic():
        if not _move(audience, dispatch_no, page.cursor, state, due_at):
            return None  # somebody else wrote this chunk, or it was cancelled
        return insert_planned(planned, facts, now)


def _move(
    audience: Audience,
    dispatch_no: int,
    cursor_to: int,
    state: NotificationState,
    due_at: datetime | None,
) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            MOVE,
            [
                cursor_to,
                state.value,
                due_at,
                audience.id,
                audience.cursor,
                NotificationState.ACCEPTED.value,
                dispatch_no,
            ],
        )
        return bool(cursor.rowcount)


def _has_room(audience: Audience) -> bool:
    """Whether some queue of the audience runs short; a full one waits in its rows."""
    queues = [delivery_queue(channel, Lane(audience.lane)) for channel in audience.channels]
    return any(backlog(queue) < limit(queue) for queue in queues)


def _page(audience: Audience) -> Page:
    size = max(1, CHUNK // len(audience.channels))
    if audience.everyone:
        ids = recipients_after(audience.cursor, size)
        return Page(ids, [], ids[-1] if ids else audience.cursor, len(ids) < size)
    end = audience.cursor + size
    ids = audience.recipient_ids[audience.cursor : end]
    last = end >= len(audience.recipient_ids)
    return Page(ids, audience.unknown if last else [], end, last)


def _job(audience: Audience, page: Page) -> Job:
    type_ = type_of(audience.type_id)
    if type_ is None:
        raise LookupError(f"the type of notification {audience.id} was removed")
    return Job(
        notification_id=audience.id,
        milliseconds=milliseconds_of(UUID(audience.id)),
        type=type_,
        template_version_id=audience.template_version_id,
        lane=audience.lane,
        channels=tuple(audience.channels),
        expires_at=audience.expires_at,
        recipients=page.recipients,
        unknown=page.unknown,
        fallbacks=first_fallbacks(type_, audience.channels, audience.template_version_id),
        content_hash=bytes(audience.content_hash),
    )
