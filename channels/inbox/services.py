"""Everything that writes to the inbox. Who looks at one right now is told after the commit."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db import connection, transaction

from channels.base import InboxWrite
from channels.inbox import selectors, wire
from notifyproj.core.live.publish import publish
from notifyproj.core.sqlarrays import array, quoted_array

KEPT = timedelta(days=90)
TITLE, BODY, LINK = 200, 8_000, 2_000  # characters; longer text is cut, a longer link dropped

INSERT = """
INSERT INTO inbox_item (id, recipient_id, service_id, title, body, link, data, created_at)
SELECT id, recipient_id, service_id, title, body, link, data, now()
FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[],
            %s::jsonb[]) AS new (id, recipient_id, service_id, title, body, link, data)
ON CONFLICT (id) DO NOTHING
RETURNING id, created_at
"""
DELETE = """
DELETE FROM inbox_item
WHERE id IN (SELECT id FROM inbox_item WHERE created_at < %s LIMIT %s FOR UPDATE SKIP LOCKED)
"""


def store(writes: Sequence[InboxWrite]) -> None:
    """Store a batch (up to 500) in one statement; what is there already stays as it is.

    Returns after the commit, so never call it inside a transaction. `expires_at` is about
    sending: what was stored in time is kept for `KEPT`.
    """
    # In id order: two workers with the same items must not wait for each other in a circle.
    clean = [_clean(write) for write in sorted(writes, key=lambda write: write.delivery_id.int)]
    if not clean:
        return
    new = _insert(clean)
    publish(
        [
            (wire.topic(write.recipient_id), _announcement(write, new[str(write.delivery_id)]))
            for write in {w.delivery_id: w for w in clean}.values()
            if str(write.delivery_id) in new
        ]
    )


def mark_read(
    *, recipient_id: int, ids: Iterable[UUID], now: datetime, service_id: int | None = None
) -> int:
    """Returns how many are unread now. Ids of other people, or services, change nothing."""
    items = selectors.items_of(recipient_id, service_id).filter(id__in=list(ids))
    items.filter(read_at=None).update(read_at=now)
    return _tell_count(recipient_id, service_id)


def mark_all_read(
    *, recipient_id: int, up_to: UUID | None, now: datetime, service_id: int | None = None
) -> int:
    """All that arrived no later than `up_to` (None: all there is): what came since is unseen."""
    mine = selectors.items_of(recipient_id, service_id)
    items = mine.filter(read_at=None, archived_at=None)
    if up_to is not None:
        items = items.filter(selectors.no_later_than(mine, up_to))
    items.update(read_at=now)
    return _tell_count(recipient_id, service_id)


def archive(
    *, recipient_id: int, item_id: UUID, now: datetime, service_id: int | None = None
) -> int:
    """Out of the list and out of the count. Returns how many are unread now."""
    items = selectors.items_of(recipient_id, service_id).filter(id=item_id)
    items.filter(archived_at=None).update(archived_at=now)
    return _tell_count(recipient_id, service_id)


def delete_old(*, now: datetime, batch: int = 2_000, batches: int = 50) -> int:
    """Forget what is older than `KEPT`, a transaction a batch; returns how many went."""
    gone = 0
    for _ in range(batches):
        with connection.cursor() as cursor:
            cursor.execute(DELETE, [now - KEPT, batch])
            gone += cursor.rowcount
            if cursor.rowcount < batch:
                break
    return gone


def _tell_count(recipient_id: int, service_id: int | None) -> int:
    """What is told is the whole inbox's count: a stream of one service's counts again."""
    unread = selectors.unread_count(recipient_id)
    publish([(wire.topic(recipient_id), wire.count_event(unread))])
    return unread if service_id is None else selectors.unread_count(recipient_id, service_id)


def _insert(writes: Sequence[InboxWrite]) -> dict[str, datetime]:
    """Arrival by id, of those that were new."""
    columns = [
        array(write.delivery_id for write in writes),
        array(write.recipient_id for write in writes),
        array(write.service_id for write in writes),
        quoted_array(write.title for write in writes),
        quoted_array(write.body for write in writes),
        quoted_array(write.link for write in writes),
        quoted_array(msgspec.json.encode(write.data).decode() for write in writes),
    ]
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(INSERT, columns)
        return {str(item_id): created_at for item_id, created_at in cursor.fetchall()}


def _clean(write: InboxWrite) -> InboxWrite:
    """Nothing in one message may make Postgres refuse the whole batch."""
    return InboxWrite(
        delivery_id=write.delivery_id,
        recipient_id=write.recipient_id,
        title=_text(write.title)[:TITLE],
        body=_text(write.body)[:BODY],
        link=_text(write.link) if len(write.link) <= LINK else "",
        data=_texts(write.data),
        expires_at=write.expires_at,
        service_id=write.service_id,
    )


def _text(value: str) -> str:
    """Without NUL and lone surrogates: Postgres stores neither."""
    return value.replace("\0", "").encode(errors="replace").decode()


def _texts(data: Mapping[str, str]) -> dict[str, str]:
    return {_text(str(key)): _text(str(value)) for key, value in data.items()}


def _announcement(write: InboxWrite, created_at: datetime) -> bytes:
    item = wire.item_json(
        item_id=write.delivery_id,
        title=write.title,
        body=write.body,
        link=write.link,
        data=write.data,
        created_at=created_at,
    )
    return wire.sent_by(write.service_id, wire.item_event(item))
