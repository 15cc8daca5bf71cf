"""Addresses nothing is sent to any more: written in bulk, by hash, in the caller's transaction."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from django.db import connection

from notifyproj.core.encryption import LOOKUP_VERSION
from notifyproj.core.sqlarrays import array, bytea_array, quoted_array

KEYWORD = "sms_keyword"  # the only source that a START lifts
PROVIDER = "provider"

# In the order of the index, so that two batches wait for each other and never both. The first
# reason stays, but what the person took back by a keyword gives way to what a keyword cannot lift.
ADD = """
INSERT INTO suppression AS s (channel, address_hash, hash_version, reason, source, created_at)
SELECT DISTINCT ON (u.channel, u.address_hash) u.channel, u.address_hash,
       coalesce((SELECT min(c.hash_version) FROM contact_point c
                 WHERE c.address_hash = u.address_hash), %s),
       u.reason, u.source, now()
FROM unnest(%s::varchar[], %s::bytea[], %s::varchar[], %s::varchar[])
     AS u (channel, address_hash, reason, source)
ORDER BY u.channel, u.address_hash, u.source = %s
ON CONFLICT (channel, address_hash) DO UPDATE SET reason = EXCLUDED.reason, source = EXCLUDED.source
WHERE s.source = %s AND EXCLUDED.source <> %s
"""
LIFT = """
DELETE FROM suppression
WHERE channel = %s AND (address_hash = ANY(%s::bytea[]) OR superseded_by = ANY(%s::bytea[]))
  AND (%s::varchar[] IS NULL OR source = ANY(%s::varchar[]))
RETURNING address_hash
"""
# What was said of an address in a former form holds for it in the present one, too.
CARRY = """
INSERT INTO suppression AS s (channel, address_hash, hash_version, reason, source, created_at)
SELECT DISTINCT ON (f.channel, u.now) f.channel, u.now, %s, f.reason, f.source, f.created_at
FROM unnest(%s::varchar[], %s::bytea[], %s::bytea[]) AS u (channel, former, now)
JOIN suppression f ON f.channel = u.channel AND f.address_hash = u.former
ORDER BY f.channel, u.now, f.source = %s, f.created_at
ON CONFLICT (channel, address_hash) DO UPDATE SET reason = EXCLUDED.reason, source = EXCLUDED.source
WHERE s.source = %s AND EXCLUDED.source <> %s
"""
MARK = """
UPDATE suppression s SET superseded_by = u.now
FROM unnest(%s::varchar[], %s::bytea[], %s::bytea[]) AS u (channel, former, now)
WHERE s.channel = u.channel AND s.address_hash = u.former AND s.superseded_by IS NULL
"""
HASHES = "SELECT id, address_hash FROM contact_point WHERE id = ANY(%s::bigint[])"
AMONG = """
SELECT s.channel, s.address_hash FROM suppression s
JOIN unnest(%s::varchar[], %s::bytea[]) AS u (channel, address_hash) USING (channel, address_hash)
"""
OWNERS = """
SELECT address_hash, recipient_id FROM contact_point
WHERE channel = %s AND address_hash = ANY(%s::bytea[])
"""


class Former(NamedTuple):
    """A hash by which an address may have been stored, and that of today."""

    channel: str
    former: bytes
    now: bytes


class Unwanted(NamedTuple):
    channel: str
    address_hash: bytes
    reason: str
    source: str


def add(rows: Sequence[Unwanted]) -> None:
    """Suppresses addresses, in the caller's transaction. Of what is suppressed already, only a
    STOP by SMS gets another reason."""
    if not rows:
        return
    columns = list(zip(*rows, strict=True))
    values = [array(columns[0]), bytea_array(columns[1])]
    values += [quoted_array(reason[:200] for reason in columns[2]), array(columns[3])]
    with connection.cursor() as cursor:
        cursor.execute(ADD, [LOOKUP_VERSION, *values, KEYWORD, KEYWORD, KEYWORD])


def lift(channel: str, hashes: Sequence[bytes], sources: Sequence[str] | None) -> set[bytes]:
    """Those that were suppressed for one of these sources (None: any), and are no more."""
    if not hashes:
        return set()
    with connection.cursor() as cursor:
        names = None if sources is None else list(sources)
        found = bytea_array(hashes)
        cursor.execute(LIFT, [channel, found, found, names, names])
        return {bytes(row[0]) for row in cursor.fetchall()}


def carry(rows: Sequence[Former]) -> None:
    """Consent never widens: what holds for an address in a former form holds for it now. The rows
    stay, since others may have the address in that form, and go with what they were carried to."""
    if not rows:
        return
    channels, former, now = zip(*rows, strict=True)
    columns = [array(channels), bytea_array(former), bytea_array(now)]
    with connection.cursor() as cursor:
        cursor.execute(CARRY, [LOOKUP_VERSION, *columns, KEYWORD, KEYWORD, KEYWORD])
        cursor.execute(MARK, columns)


def among(addresses: Collection[tuple[str, bytes]]) -> set[tuple[str, bytes]]:
    """Returns those of the (channel, hash) pairs that are suppressed."""
    channels, hashes = zip(*addresses, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(AMONG, [array(channels), bytea_array(hashes)])
        return {(channel, bytes(hash_)) for channel, hash_ in cursor.fetchall()}


def in_use(channel: str, hashes: Sequence[bytes]) -> list[bytes]:
    """Those of former hashes that a contact point still has."""
    return sorted(owners_of(channel, hashes))


def hashes_of(contact_point_ids: Sequence[int]) -> dict[int, bytes]:
    """Returns the address hash of each contact point, by its id."""
    if not contact_point_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(HASHES, [array(contact_point_ids)])
        return {id_: bytes(hash_) for id_, hash_ in cursor.fetchall()}


def owners_of(channel: str, hashes: Sequence[bytes]) -> dict[bytes, list[int]]:
    """The people (ids) who have these addresses."""
    if not hashes:
        return {}
    found: dict[bytes, list[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(OWNERS, [channel, bytea_array(hashes)])
        for hash_, recipient_id in cursor.fetchall():
            found.setdefault(bytes(hash_), []).append(recipient_id)
    return found
