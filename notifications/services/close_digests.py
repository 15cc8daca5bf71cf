"""Close what is due: each digest becomes one notification to its person.

A batch is one transaction: closed, emptied, and its notification written with its deliveries. A
process that dies leaves it open for the next; nobody waits for a digest that another has.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from notifications.accept import write as accept
from notifications.accept.draft import Draft
from notifications.digests.models import Digest
from notifications.services.compose_digest import Due, drafts_of
from notifications.statuses import FINAL
from notifications.variables import wipe
from notifyproj.core.clock import now as clock_now
from notifyproj.core.sqlarrays import array

log = logging.getLogger(__name__)

BATCH = 100
TURN = 0.5  # seconds; the sweep's process has other things to do
LATER = timedelta(minutes=5)  # one that cannot be written must not stop the others

DUE = """
SELECT id FROM digest WHERE state = %s AND closes_at <= %s ORDER BY closes_at LIMIT %s
"""
TAKE = """
SELECT id, service_id, recipient_id, type_id, count, lane, template_version_id FROM digest
WHERE id = ANY(%s::bigint[]) AND state = %s AND closes_at <= %s ORDER BY id FOR UPDATE SKIP LOCKED
"""
CLOSE = """
UPDATE digest d SET state = %s, closed_at = %s, notification_id = n.notification_id
FROM unnest(%s::bigint[], %s::uuid[]) AS n (id, notification_id) WHERE d.id = n.id
"""
EMPTY = "UPDATE digest_item SET variables = NULL WHERE digest_id = ANY(%s::bigint[])"
POSTPONE = "UPDATE digest SET closes_at = %s WHERE id = %s AND state = %s"


def close_due() -> int:
    """Returns how many it closed."""
    stop, closed = time.monotonic() + TURN, 0
    while ids := _due(clock_now()):
        done = _close_each(ids, clock_now())
        closed += done
        if not done or time.monotonic() > stop:
            break
    return closed


def _due(now: datetime) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(DUE, [Digest.State.OPEN.value, now, BATCH])
        return [row[0] for row in cursor.fetchall()]


def _close_each(ids: Sequence[int], now: datetime) -> int:
    try:
        return _close(ids, now)
    except Exception:
        log.exception("digests cannot be closed together", extra={"digests": len(ids)})
    return sum(_close_alone(id_, now) for id_ in ids)


def _close_alone(id_: int, now: datetime) -> int:
    try:
        return _close([id_], now)
    except Exception:
        log.exception("digest cannot be closed", extra={"digest_id": id_})
        with connection.cursor() as cursor:
            cursor.execute(POSTPONE, [now + LATER, id_, Digest.State.OPEN.value])
        return 0


def _close(ids: Sequence[int], now: datetime) -> int:
    with transaction.atomic():
        due = _take(ids, now)
        if not due:
            return 0
        drafts = drafts_of(due, now)
        _mark_closed(due, drafts, now)
        rows = accept.write(list(drafts.values()), now)
    accept.publish(rows, drafts.values())
    wipe((row.notification_id, row.type_id) for row in rows if row.state in FINAL)
    return len(due)


def _take(ids: Sequence[int], now: datetime) -> list[Due]:
    """Those still open and due that nobody else has: who adds an item comes before or after."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [array(ids), Digest.State.OPEN.value, now])
        return [Due(*row) for row in cursor.fetchall()]


def _mark_closed(due: Sequence[Due], drafts: Mapping[int, Draft], now: datetime) -> None:
    made = [drafts[item.id].id if item.id in drafts else None for item in due]
    ids = array(item.id for item in due)
    with connection.cursor() as cursor:
        cursor.execute(CLOSE, [Digest.State.CLOSED.value, now, ids, array(made)])
        cursor.execute(EMPTY, [ids])
