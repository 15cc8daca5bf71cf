"""Write accepted requests, resolve the small ones in the same transaction, and publish.

Small audiences are resolved at once, so that a login code costs one transaction and one publish;
of larger ones only the notification is written, for `fanout.py`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from django.db import connection
from psycopg2.extras import execute_values

from notifications.accept.draft import Draft
from notifications.attachments import store as attachments
from notifications.digests.collect import Planned, collect
from notifications.dispatch import dispatch, hint_buffer
from notifications.resolve import insert as store
from notifications.resolve.plan import Facts
from notifications.resolve.resolve import first_fallbacks, load_facts, plan
from notifications.resolve.rows import Job, Row
from notifications.statuses import NotificationState
from notifyproj.core.ids import milliseconds_of
from notifyproj.core.sqlarrays import array

INLINE = 50  # deliveries resolved in the accepting transaction

INSERT = """
INSERT INTO notification (id, service_id, type_id, template_version_id, lane, state, channels,
    recipient_ids, unknown_recipients, everyone, variables, collapse_key, content_hash, metadata,
    attachment_ids, scheduled_at, expires_at, due_at, dispatch_no) VALUES %s
"""
TYPES = (
    "(%s::uuid, %s, %s, %s, %s, %s, %s::varchar[], %s::bigint[], %s::varchar[], %s, %s, %s, %s,"
    " %s::jsonb, %s::uuid[], %s, %s, %s, %s)"
)


def write(drafts: Sequence[Draft], now: datetime) -> list[Row]:
    """In the caller's transaction. Returns the deliveries of the small ones, for `publish`."""
    if not drafts:
        return []
    insert_notifications([(item, _is_inline(item)) for item in drafts], now)
    carried = [
        (id_, item.expires_at, item.only_recipient_id)
        for item in drafts
        for id_ in item.attachment_ids
    ]
    if carried:
        attachments.keep(carried)
    return _resolve([item for item in drafts if _is_inline(item)], now)


def _is_inline(item: Draft) -> bool:
    return item.scheduled_at is None and item.size <= INLINE


def _resolve(drafts: list[Draft], now: datetime) -> list[Row]:
    jobs = [job(item) for item in drafts]
    if not jobs:
        return []
    facts = load_facts(jobs)
    full = full_queues({(channel, j.lane) for j in jobs for channel in j.channels})
    planned = plan(jobs, facts, full, now)
    return insert_planned(planned, facts, now)


def insert_planned(planned: Sequence[Planned], facts: Facts, now: datetime) -> list[Row]:
    """Write what was planned, in the caller's transaction; what waits in a digest as its items.
    Returns the deliveries that were new."""
    if any(job.collects for job, _ in planned):
        return store.insert(collect(planned, facts, now))
    return store.insert([row for _, rows in planned for row in rows])


def full_queues(wanted: set[tuple[str, int]]) -> set[tuple[str, int]]:
    return {(channel, lane) for channel, lane in wanted if not dispatch.has_room(channel, lane)}


def job(item: Draft) -> Job:
    """Returns what resolving needs to know of an accepted request."""
    return Job(
        notification_id=str(item.id),
        milliseconds=milliseconds_of(item.id),
        type=item.type,
        template_version_id=item.version.id,
        lane=item.lane,
        channels=item.channels,
        expires_at=item.expires_at,
        recipients=item.recipient_ids,
        unknown=item.unknown,
        fallbacks=first_fallbacks(item.type, item.channels, item.version.id),
        content_hash=item.content_hash,
        gathered=item.gathered,
    )


def publish(rows: Sequence[Row], drafts: Iterable[Draft]) -> None:
    """Publishes the hints of what was written; called after the commit."""
    due = [row.due() for row in rows if row.dispatched]
    if due:
        hint_buffer.publish(due)
    for item in drafts:
        if item.scheduled_at is None and not _is_inline(item):
            dispatch.publish_resolve(str(item.id), 1, item.lane)


def insert_notifications(drafts: Sequence[tuple[Draft, bool]], now: datetime) -> None:
    """`(draft, resolved)`: those not resolved at once carry the time to do it."""
    rows = [_row(item, resolved, now) for item, resolved in drafts]
    with connection.cursor() as cursor:
        execute_values(cursor, INSERT, rows, template=TYPES, page_size=1000)


def _row(item: Draft, resolved: bool, now: datetime) -> tuple[object, ...]:
    state, due_at, dispatch_no = NotificationState.ACCEPTED, now + dispatch.RESOLVE_LIFE, 1
    if resolved:
        state, due_at, dispatch_no = NotificationState.RESOLVED, None, 0  # type: ignore[assignment]  # not due
    elif item.scheduled_at:
        state, due_at, dispatch_no = NotificationState.SCHEDULED, item.scheduled_at, 0
    return (
        str(item.id),
        item.service_id,
        item.type.id,
        item.version.id,
        item.lane,
        state.value,
        list(item.channels),
        item.recipient_ids,
        list(item.unknown),
        item.everyone,
        item.sealed,
        item.request.collapse_key or "",
        item.content_hash,
        msgspec.json.encode(item.request.metadata).decode(),
        array(item.attachment_ids),
        item.scheduled_at,
        item.expires_at,
        due_at,
        dispatch_no,
    )
