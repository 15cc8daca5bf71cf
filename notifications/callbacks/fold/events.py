"""The table `event`: what became of deliveries, each thing once."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

from django.db import connection
from psycopg2 import sql

from notifications.callbacks.fold.parse import Told
from notifyproj.core.ids import day_in, partition_of
from notifyproj.core.sqlarrays import array, bytea_array, quoted_array

# In the order of the key, so that two batches with the same events wait and never both.
INSERT = sql.SQL("""
INSERT INTO {leaf} (delivery_id, key, account_id, attempt, kind, at, received_at, machine, code,
    reason, provider_id, detail)
SELECT * FROM unnest(%s::uuid[], %s::bytea[], %s::bigint[], %s::smallint[], %s::varchar[],
    %s::timestamptz[], %s::timestamptz[], %s::boolean[], %s::varchar[], %s::varchar[],
    %s::varchar[], %s::varchar[])
ON CONFLICT DO NOTHING
RETURNING delivery_id::text, key
""")


def add(told: Sequence[Told]) -> list[Told]:
    """Those that were new, in their order; in the caller's transaction."""
    ordered = sorted({(one.id, one.key): one for one in reversed(told)}.values(), key=_place)
    new: set[tuple[str, bytes]] = set()
    for _, days in groupby(ordered, key=lambda one: day_in(one.id)):
        new |= _insert(list(days))
    fresh = []
    for one in told:
        if (one.id, one.key) in new:
            new.discard((one.id, one.key))  # said twice in one batch
            fresh.append(one)
    return fresh


_place = attrgetter("id", "key")


def _insert(rows: Sequence[Told]) -> set[tuple[str, bytes]]:
    events = [row.event for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT.format(leaf=sql.Identifier(partition_of("event", rows[0].id))),
            [
                array(row.id for row in rows),
                bytea_array(row.key for row in rows),
                array(row.account_id for row in rows),
                array(row.attempt for row in rows),
                array(event.kind for event in events),
                array(f'"{row.at.isoformat()}"' for row in rows),
                array(f'"{row.received_at.isoformat()}"' for row in rows),
                array(event.is_bot for event in events),
                quoted_array(_text(event.code, 64) for event in events),
                quoted_array(_text(event.reason, 200) for event in events),
                quoted_array(_text(event.provider_id, 200) for event in events),
                quoted_array(_text(row.detail, 500) for row in rows),
            ],
        )
        return {(id_, bytes(key)) for id_, key in cursor.fetchall()}


def _text(value: str, length: int) -> str:
    """JSON may hold half a surrogate pair, which nothing can store."""
    return value[:length].encode("utf-8", "replace").decode()
