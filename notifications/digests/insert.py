"""Write items into the open digests of people. Three statements for a whole chunk."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from django.db import connection

from notifications.digests.models import Digest
from notifyproj.core.sqlarrays import array, bytea_array, quoted_array

MOST_KEPT = 200  # items of a digest; more only count
MOST_BYTES = 256 * 1024  # of them together

KNOWN = """
SELECT i.notification_id::text, i.recipient_id FROM digest_item i
JOIN unnest(%s::uuid[], %s::bigint[]) AS n (notification_id, recipient_id)
    USING (notification_id, recipient_id)
"""
# The row of an open digest is locked here until the items are committed: who closes it comes
# before, and then a new one is opened, or after, and takes them along.
OPEN = """
INSERT INTO digest (service_id, recipient_id, type_id, key, state, opened_at, closes_at, full_at,
    count, bytes, lane, template_version_id)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::varchar[], %s::smallint[],
    %s::timestamptz[], %s::timestamptz[], %s::int[], %s::int[], %s::bigint[], %s::smallint[],
    %s::bigint[])
ON CONFLICT (recipient_id, type_id, service_id, key) WHERE state = 10 DO UPDATE SET
    count = digest.count + excluded.count,
    bytes = digest.bytes + excluded.bytes,
    lane = least(digest.lane, excluded.lane),
    template_version_id = excluded.template_version_id,
    full_at = excluded.full_at,
    closes_at = CASE WHEN digest.count + excluded.count >= excluded.full_at
        AND excluded.full_at > 0 THEN least(digest.closes_at, excluded.opened_at)
        ELSE digest.closes_at END
RETURNING service_id, recipient_id, type_id, key, id, count, bytes
"""
INSERT = """
INSERT INTO digest_item (notification_id, recipient_id, digest_id, at, channels, variables)
SELECT n, r, d, %s, string_to_array(c, ','), v
FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::varchar[], %s::bytea[])
    AS i (n, r, d, c, v)
ON CONFLICT DO NOTHING
"""


class Place(NamedTuple):
    """Where an item belongs."""

    service_id: int
    recipient_id: int
    type_id: int
    key: str


class Item(NamedTuple):
    place: Place
    notification_id: str
    sealed: bytes
    channels: tuple[str, ...]
    closes_at: datetime  # of a digest that it opens
    full_at: int
    lane: int
    template_version_id: int

    @property
    def pair(self) -> tuple[str, int]:
        return self.notification_id, self.place.recipient_id


class Opened(NamedTuple):
    id: int
    items: int  # with these
    size: int


def gather(items: Sequence[Item], now: datetime) -> None:
    """In the caller's transaction. What is in a digest already, open or closed, adds nothing."""
    known = _known(items)
    fresh = sorted(item for item in items if item.pair not in known)  # one order: no deadlock
    if not fresh:
        return
    groups = [list(group) for _, group in groupby(fresh, key=lambda item: item.place)]
    opened = _open(groups, now)
    rows = [row for group in groups for row in _rows(group, opened[group[0].place])]
    pairs, digests, channels, contents = zip(*rows, strict=True)
    ids, people = zip(*pairs, strict=True)
    values = [array(ids), array(people), array(digests), quoted_array(channels)]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [now, *values, bytea_array(contents)])


def _known(items: Sequence[Item]) -> set[tuple[str, int]]:
    with connection.cursor() as cursor:
        ids, people = zip(*(item.pair for item in items), strict=True)
        cursor.execute(KNOWN, [array(ids), array(people)])
        return set(cursor.fetchall())


def _open(groups: Sequence[Sequence[Item]], now: datetime) -> dict[Place, Opened]:
    rows = [_digest(group, now) for group in groups]
    columns = list(zip(*rows, strict=True))
    values = [array(column) for column in columns]
    values[3] = quoted_array(columns[3])
    with connection.cursor() as cursor:
        cursor.execute(OPEN, values)
        return {Place(*row[:4]): Opened(*row[4:]) for row in cursor.fetchall()}


def _digest(group: Sequence[Item], now: datetime) -> tuple[Any, ...]:
    last = group[-1]
    is_full = 0 < last.full_at <= len(group)
    return (
        *last.place,
        Digest.State.OPEN.value,
        now.isoformat(),
        (now if is_full else last.closes_at).isoformat(),
        last.full_at,
        len(group),
        sum(len(item.sealed) for item in group),
        min(item.lane for item in group),
        last.template_version_id,
    )


def _rows(group: Sequence[Item], digest: Opened) -> list[tuple[Any, ...]]:
    """Kept until it holds enough; what comes then is counted only."""
    count = digest.items - len(group)
    size = digest.size - sum(len(item.sealed) for item in group)
    rows: list[tuple[Any, ...]] = []
    for item in group:
        count, size = count + 1, size + len(item.sealed)
        kept = count <= MOST_KEPT and size <= MOST_BYTES
        content = item.sealed if kept else None
        rows.append((item.pair, digest.id, ",".join(item.channels), content))
    return rows
