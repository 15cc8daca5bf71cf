"""Callbacks at rest: as they came, sealed, many in one statement; until they are folded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from django.conf import settings
from django.db import connection, transaction

from notifyproj.core import encryption
from notifyproj.core.clock import now as clock_now
from notifyproj.core.sqlarrays import array, bytea_array, quoted_array

INSERT = """
INSERT INTO inbound_callback (account_id, received_at, url, headers, body, due_at, tries)
SELECT a, r, u, h, b, now(), 0 FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::jsonb[],
    %s::bytea[]) AS row (a, r, u, h, b)
"""
# Sizes first: five hundred of the largest would not fit into memory.
TAKE = """
SELECT id, octet_length(body) FROM inbound_callback WHERE due_at <= now()
ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED
"""
READ = """
SELECT id, account_id, received_at, url, headers::text, body, tries FROM inbound_callback
WHERE id = ANY(%s::bigint[]) ORDER BY id
"""
LATER = """
UPDATE inbound_callback SET due_at = now() + make_interval(secs => %s), tries = tries + 1
WHERE id = ANY(%s::bigint[])
"""
PARK = "UPDATE inbound_callback SET due_at = NULL, tries = tries + 1 WHERE id = ANY(%s::bigint[])"
# Those that wait for seconds, and those that nobody could read.
TO_REWRAP = """
SELECT id, received_at, body FROM inbound_callback WHERE id > %s ORDER BY id LIMIT 100
FOR NO KEY UPDATE
"""
REWRAP = """
UPDATE inbound_callback c SET body = u.body
FROM unnest(%s::bigint[], %s::bytea[]) AS u (id, body) WHERE c.id = u.id
"""
AAD = b"inbound_callback.body"
NOBODY = 0  # account of what no provider tells


@dataclass(frozen=True, slots=True)
class Inbound:
    """One verified callback, not stored yet."""

    account_id: int
    received_at: datetime
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Stored(NamedTuple):
    id: int
    account_id: int
    received_at: datetime
    url: str
    headers: str  # JSON
    sealed: bytes
    tries: int

    def header_map(self) -> dict[str, str]:
        return msgspec.json.decode(self.headers, type=dict[str, str])

    def body(self) -> bytes:
        """Raises Undecryptable."""
        return encryption.ring().unwrap(bytes(self.sealed), AAD)


def seal(body: bytes, received_at: datetime) -> bytes:
    day = int(received_at.timestamp()) // 86_400
    return encryption.ring().wrap_of_day(body, AAD, day)


def insert(rows: Sequence[Inbound]) -> None:
    """Stores verified callbacks in one statement, their bodies encrypted."""
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            [
                array(row.account_id for row in rows),
                array(f'"{row.received_at.isoformat()}"' for row in rows),
                quoted_array(row.url for row in rows),
                quoted_array(msgspec.json.encode(row.headers).decode() for row in rows),
                bytea_array(seal(row.body, row.received_at) for row in rows),
            ],
        )


def take(limit: int, most_bytes: int) -> tuple[list[int], bool]:
    """(ids of what is due, whether there may be more), locked in the caller's transaction; one
    at least, however large."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [limit])
        found = cursor.fetchall()
    ids: list[int] = []
    size = 0
    for id_, length in found:
        size += length
        if ids and size > most_bytes:
            break
        ids.append(id_)
    return ids, len(found) == limit or len(ids) < len(found)


def read(ids: Sequence[int]) -> list[Stored]:
    """In the order in which they came."""
    with connection.cursor() as cursor:
        cursor.execute(READ, [array(ids)])
        return [Stored._make(row) for row in cursor.fetchall()]


def delete(ids: Sequence[int]) -> None:
    _execute("DELETE FROM inbound_callback WHERE id = ANY(%s::bigint[])", ids)


def park(ids: Sequence[int]) -> None:
    """Keeps callbacks that cannot be read, so that an operator can look at them."""
    _execute(PARK, ids)


def postpone(ids: Sequence[int], seconds: float) -> None:
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(LATER, [seconds, array(ids)])


def forget_unread() -> None:
    """What was parked and nobody looked at for as long as the log is kept."""
    before = clock_now() - timedelta(days=settings.RETENTION_DAYS)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM inbound_callback WHERE due_at IS NULL AND received_at < %s", [before]
        )


def rewrap_callbacks(failed: list[str]) -> None:
    """Under the newest key of the ring; `failed` gets what no key opens."""
    last: int | None = 0
    while last is not None:
        last = _rewrap_batch(last, failed)


def _rewrap_batch(after: int, failed: list[str]) -> int | None:
    """The last id of it, or None at the end."""
    ring, changed = encryption.ring(), {}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TO_REWRAP, [after])
        rows = cursor.fetchall()
        for id_, received_at, sealed in rows:
            if ring.is_current(bytes(sealed)):
                continue
            try:
                changed[id_] = seal(ring.unwrap(bytes(sealed), AAD), received_at)
            except encryption.Undecryptable:
                failed.append(f"callback {id_}")
        if changed:
            cursor.execute(REWRAP, [array(changed), bytea_array(changed.values())])
    return rows[-1][0] if rows else None


def _execute(sql: str, ids: Sequence[int]) -> None:
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(sql, [array(ids)])
