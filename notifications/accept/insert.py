"""Write accepted requests: one statement for a whole batch."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.db import connection
from psycopg2.extras import execute_values

from notifications.accept.draft import Draft
from notifications.dispatch.dispatch import RESOLVE_LIFE
from notifications.statuses import NotificationState
from notifyproj.core.sqlarrays import array

INSERT = """
INSERT INTO notification (id, service_id, type_id, template_version_id, lane, state, channels,
    recipient_ids, unknown_recipients, everyone, variables, collapse_key, content_hash, metadata,
    attachment_ids, scheduled_at, expires_at, due_at, dispatch_no) VALUES %s
"""
TYPES = (
    "(%s::uuid, %s, %s, %s, %s, %s, %s::varchar[], %s::bigint[], %s::varchar[], %s, %s, %s, %s,"
    " %s::jsonb, %s::uuid[], %s, %s, %s, %s)"
)


def insert_notifications(
    service_id: int, drafts: Sequence[tuple[Draft, bool]], now: datetime
) -> None:
    """`(draft, resolved)`: those not resolved at once carry the time to do it."""
    rows = [_row(service_id, item, resolved, now) for item, resolved in drafts]
    with connection.cursor() as cursor:
        execute_values(cursor, INSERT, rows, template=TYPES, page_size=1000)


def _row(service_id: int, item: Draft, resolved: bool, now: datetime) -> tuple[object, ...]:
    state, due_at, dispatch_no = NotificationState.ACCEPTED, now + RESOLVE_LIFE, 1
    if resolved:
        state, due_at, dispatch_no = NotificationState.RESOLVED, None, 0  # type: ignore[assignment]
    elif item.scheduled_at:
        state, due_at, dispatch_no = NotificationState.SCHEDULED, item.scheduled_at, 0
    return (
        str(item.id),
        service_id,
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
