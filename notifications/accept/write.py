"""Write accepted requests, resolve the small ones in the same transaction, and publish.

Small audiences are resolved at once, so that a login code costs one transaction and one publish;
of larger ones only the notification is written, for `fanout.py`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.db import connection

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
from notifyproj.core.sqlarrays import array, bytea_array, instant_array, quoted_array

INLINE = 50  # deliveries resolved in the accepting transaction

# By columns: psycopg2 took 29 us to write the nineteen values of a row into a statement.
INSERT = """
INSERT INTO notification (id, service_id, type_id, template_version_id, lane, state, channels,
    recipient_ids, unknown_recipients, everyone, variables, collapse_key, content_hash, metadata,
    attachment_ids, scheduled_at, expires_at, due_at, dispatch_no)
SELECT id, service_id, type_id, template_version_id, lane, state, channels::varchar[],
    recipient_ids::bigint[], unknown_recipients::varchar[], everyone, variables, collapse_key,
    content_hash, metadata::jsonb, attachment_ids::uuid[], scheduled_at, expires_at, due_at,
    dispatch_no
FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[], %s::smallint[], %s::smallint[],
    %s::text[], %s::text[], %s::text[], %s::boolean[], %s::bytea[], %s::text[], %s::bytea[],
    %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[],
    %s::int[])
    AS n (id, service_id, type_id, template_version_id, lane, state, channels, recipient_ids,
    unknown_recipients, everyone, variables, collapse_key, content_hash, metadata, attachment_ids,
    scheduled_at, expires_at, due_at, dispatch_no)
"""


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


class Progress(NamedTuple):
    """Where a notification stands as it is written."""

    state: NotificationState
    due_at: datetime | None
    dispatch_no: int


def insert_notifications(drafts: Sequence[tuple[Draft, bool]], now: datetime) -> None:
    """`(draft, resolved)`: those not resolved at once carry the time to do it."""
    items = [item for item, _ in drafts]
    progress = [_progress(item, resolved, now) for item, resolved in drafts]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, _columns(items, progress))


def _progress(item: Draft, resolved: bool, now: datetime) -> Progress:
    if resolved:
        return Progress(NotificationState.RESOLVED, due_at=None, dispatch_no=0)
    if item.scheduled_at:
        return Progress(NotificationState.SCHEDULED, due_at=item.scheduled_at, dispatch_no=0)
    due_at = now + dispatch.RESOLVE_LIFE
    return Progress(NotificationState.ACCEPTED, due_at=due_at, dispatch_no=1)


def _columns(items: Sequence[Draft], progress: Sequence[Progress]) -> list[str]:
    """In the order of INSERT. Lists within a column are texts, as rows differ in their lengths."""
    return [
        array(item.id for item in items),
        array(item.service_id for item in items),
        array(item.type.id for item in items),
        array(item.version.id for item in items),
        array(item.lane for item in items),
        array(each.state.value for each in progress),
        quoted_array(array(item.channels) for item in items),
        quoted_array(array(item.recipient_ids) for item in items),
        quoted_array(quoted_array(item.unknown) for item in items),
        array(item.everyone for item in items),
        bytea_array(item.sealed for item in items),
        quoted_array(item.request.collapse_key or "" for item in items),
        bytea_array(item.content_hash for item in items),
        quoted_array(_json(item.request.metadata) for item in items),
        quoted_array(array(item.attachment_ids) for item in items),
        instant_array(item.scheduled_at for item in items),
        instant_array(item.expires_at for item in items),
        instant_array(each.due_at for each in progress),
        array(each.dispatch_no for each in progress),
    ]


def _json(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode() if value else "{}"
