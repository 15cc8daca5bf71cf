"""Addresses and choices that are noted, to be given up some seconds later: see `dead_addresses`."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from channels.base import EventKind
from notifications.callback_models import Withdrawal
from notifyproj.core.sqlarrays import array, bytea_array, quoted_array
from preferences.suppressions import suppressions

HASH = 32  # bytes

NOTE = """
INSERT INTO dead_candidate (account_id, contact_point_id, channel, address_hash, reason, suppress,
    told_later, dead_since, source, withdrawal, recipient_id, evidence, former, at)
SELECT *, now() FROM unnest(%s::bigint[], %s::bigint[], %s::varchar[], %s::bytea[], %s::varchar[],
    %s::boolean[], %s::boolean[], %s::timestamptz[], %s::varchar[], %s::varchar[], %s::bigint[],
    %s::jsonb[], %s::bytea[])
"""
# What is known already says nothing more against the account: one person who writes STOP ten times
# must not hold it.
KNOWN = """
SELECT u.account_id, u.channel, u.hash
FROM unnest(%s::bigint[], %s::varchar[], %s::bytea[]) AS u (account_id, channel, hash)
WHERE EXISTS (SELECT FROM suppression s WHERE s.channel = u.channel AND s.address_hash = u.hash)
   OR EXISTS (SELECT FROM dead_candidate d WHERE d.account_id = u.account_id
              AND d.spared_at IS NULL AND d.channel = u.channel AND d.address_hash = u.hash)
"""
TALLY = """
INSERT INTO receipt_tally (account_id, at, receipts, dead, complained, withdrawn)
SELECT a, now(), n, d, c, w
FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::int[], %s::int[]) AS u (a, n, d, c, w)
"""
TAKEN = """
RETURNING contact_point_id, channel, address_hash, reason, suppress, dead_since, source,
    withdrawal, recipient_id, evidence::text, former
"""
TAKE = f"""
DELETE FROM dead_candidate WHERE id IN (
    SELECT id FROM dead_candidate WHERE spared_at IS NULL AND at < %s
    ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED) {TAKEN}
"""  # noqa: S608 - TAKEN is a constant
# By an operator, who found that what the guard had spared is true.
TAKE_SPARED = f"""
DELETE FROM dead_candidate WHERE id = ANY(%s) AND spared_at IS NOT NULL {TAKEN}
"""  # noqa: S608 - TAKEN is a constant
# Spared or not: what the person gives again is not to be taken back by anybody later.
TAKE_WITHDRAWN = f"""
DELETE FROM dead_candidate
WHERE withdrawal <> '' AND channel = %s AND (address_hash = ANY(%s::bytea[]) OR contact_point_id
    IN (SELECT id FROM contact_point WHERE channel = %s AND address_hash = ANY(%s::bytea[])))
{TAKEN}
"""  # noqa: S608 - TAKEN is a constant


@dataclass(frozen=True, slots=True)
class Candidate:
    account_id: int
    contact_point_id: int | None
    channel: str
    reason: str
    dead_since: datetime
    address_hash: bytes | None = field(default=None, repr=False)
    suppress: bool = False  # the address, whoever has it; else this contact point only
    told_later: bool = False  # by a callback
    source: str = suppressions.PROVIDER  # of the suppression
    withdrawal: Withdrawal = Withdrawal.NONE
    recipient_id: int | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict, repr=False)
    former: tuple[bytes, ...] = field(default=(), repr=False)  # hashes it may be stored under


class Noted(NamedTuple):
    """A candidate whose time has come."""

    contact_point_id: int | None
    channel: str
    address_hash: bytes
    reason: str
    suppress: bool
    dead_since: datetime
    source: str
    withdrawal: str
    recipient_id: int | None
    evidence: dict[str, Any]
    former: tuple[bytes, ...]


def note(candidates: Sequence[Candidate]) -> None:
    """One statement, in the caller's transaction."""
    if not candidates:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            NOTE,
            [
                array(c.account_id for c in candidates),
                array(c.contact_point_id for c in candidates),
                array(c.channel for c in candidates),
                bytea_array(c.address_hash for c in candidates),
                quoted_array(c.reason[:200] for c in candidates),
                array(c.suppress for c in candidates),
                array(c.told_later for c in candidates),
                array(f'"{c.dead_since.isoformat()}"' for c in candidates),
                array(c.source for c in candidates),
                quoted_array(c.withdrawal.value for c in candidates),
                array(c.recipient_id for c in candidates),
                quoted_array(_json(c.evidence) for c in candidates),
                bytea_array(b"".join(c.former) for c in candidates),
            ],
        )


def note_counted(candidates: Sequence[Candidate], kind: EventKind) -> None:
    """The same of what no receipt counts: each address that is news is counted as such a one."""
    known = _known(candidates)
    news = {(c.account_id, c.channel, c.address_hash) for c in candidates} - known
    tally_receipts((account_id, kind) for account_id, _, _ in news)
    note(candidates)


def tally_receipts(receipts: Iterable[tuple[int, EventKind]]) -> None:
    """(account id, what it says) of each event; in the caller's transaction."""
    seen = Counter(receipts)
    accounts = sorted({account_id for account_id, _ in seen})
    if not accounts:
        return
    dead = [seen[id_, EventKind.BOUNCED_HARD] for id_ in accounts]
    totals = [seen[id_, EventKind.DELIVERED] + n for id_, n in zip(accounts, dead, strict=True)]
    complained = [seen[id_, EventKind.COMPLAINED] for id_ in accounts]
    withdrawn = [seen[id_, EventKind.UNSUBSCRIBED] for id_ in accounts]
    columns = (accounts, totals, dead, complained, withdrawn)
    with connection.cursor() as cursor:
        cursor.execute(TALLY, [array(column) for column in columns])


def take(before: datetime, most: int) -> list[Noted]:
    return _taken(TAKE, [before, most])


def take_spared(ids: Sequence[int]) -> list[Noted]:
    return _taken(TAKE_SPARED, [list(ids)])


def take_withdrawn(channel: str, hashes: Sequence[bytes]) -> list[Noted]:
    """What is noted as taken back by whoever has these addresses."""
    whose = [channel, bytea_array(hashes)]
    return _taken(TAKE_WITHDRAWN, [*whose, *whose])


def _known(candidates: Sequence[Candidate]) -> set[tuple[int, str, bytes | None]]:
    if not candidates:
        return set()
    columns = [
        array(c.account_id for c in candidates),
        array(c.channel for c in candidates),
        bytea_array(c.address_hash for c in candidates),
    ]
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, columns)
        return {(account_id, name, bytes(h)) for account_id, name, h in cursor.fetchall()}


def _taken(statement: str, params: Sequence[Any]) -> list[Noted]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return [_noted(*row) for row in cursor.fetchall()]


def _noted(point: int | None, channel: str, hash_: memoryview | None, *others: Any) -> Noted:
    *plain, evidence, former = others
    joined = bytes(former)
    return Noted._make(
        [
            *(point, channel, bytes(hash_ or b""), *plain, json.loads(evidence)),
            tuple(joined[at : at + HASH] for at in range(0, len(joined), HASH)),
        ]
    )


def _json(evidence: Mapping[str, Any]) -> str:
    """jsonb holds no NUL."""
    return json.dumps(dict(evidence)).replace("\\u0000", "")
