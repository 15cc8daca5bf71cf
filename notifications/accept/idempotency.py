"""The first answer to a request, kept 24 hours and replayed. Keys belong to the service.

The key is inserted first in the accepting transaction, so that the second of two requests at the
same instant waits for the first and then finds its answer.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.encryption import lookup_hash
from notifyproj.core.sqlarrays import array, quoted_array

KEPT = timedelta(hours=24)
REUSED = InvalidFields(
    {"Idempotency-Key": "This idempotency key was used with a different request body."},
    "idempotency_conflict",
    409,
)


TAKE = """
INSERT INTO idempotency_key AS k (service_id, key, request_hash, created_at)
SELECT u.service_id, u.key, decode(u.hash, 'hex'), %s
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS u (service_id, key, hash)
ON CONFLICT (service_id, key) DO UPDATE SET request_hash = excluded.request_hash,
    created_at = excluded.created_at, response = NULL WHERE k.created_at < %s
RETURNING service_id, key
"""
TAKEN_BEFORE = """
SELECT service_id, key, request_hash, response FROM idempotency_key
JOIN unnest(%s::bigint[], %s::text[]) AS u (service_id, key) USING (service_id, key)
"""
KEEP = """
UPDATE idempotency_key k SET response = u.response::jsonb
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS u (service_id, key, response)
WHERE k.service_id = u.service_id AND k.key = u.key
"""
RELEASE = """
DELETE FROM idempotency_key k USING unnest(%s::bigint[], %s::text[]) AS u (service_id, key)
WHERE k.service_id = u.service_id AND k.key = u.key
"""


class Key(NamedTuple):
    service_id: int
    text: str


class Stored(NamedTuple):
    request_hash: bytes
    response: Any

    def is_of(self, value: object, fingerprint_: bytes) -> bool:
        """Whether this is the first answer to the same body, of which `fingerprint_` was made."""
        return self.request_hash in (fingerprint_, _unkeyed(value))


def fingerprint(value: object) -> bytes:
    """Keyed hash of the canonical JSON of a decoded body: without the key nobody can find a wiped
    login code by trying them all."""
    return lookup_hash("request", _unkeyed(value).hex())


def _unkeyed(value: object) -> bytes:
    """As keys from before 2026-12 have it; the last of those expired a day after the upgrade."""
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).digest()


def claim(hashes: Mapping[Key, bytes], now: datetime) -> dict[Key, Stored]:
    """Take these keys for this transaction. Returns those that were taken before.

    Waits for a transaction that is taking one of them right now.
    """
    if not hashes:
        return {}
    keys = sorted(hashes)  # one order for everybody: no deadlocks
    with connection.cursor() as cursor:
        digests = quoted_array(hashes[key].hex() for key in keys)
        cursor.execute(TAKE, [now, *_columns(keys), digests, now - KEPT])
        taken = set(map(Key._make, cursor.fetchall()))
        if len(taken) == len(keys):
            return {}
        cursor.execute(TAKEN_BEFORE, _columns([key for key in keys if key not in taken]))
        return {
            Key(service_id, text): Stored(bytes(hash_), _json(response))
            for service_id, text, hash_, response in cursor
        }


def first_answer(service_id: int, key: str, value: object, now: datetime) -> Any:
    """What the first request with this key was told; None when this is the first, and takes the
    key for this transaction. `value` is the body. Raises REUSED where that one had another."""
    hash_ = fingerprint(value)
    own = Key(service_id, key)
    stored = claim({own: hash_}, now).get(own)
    if stored is not None and not stored.is_of(value, hash_):
        raise REUSED
    return stored.response if stored else None


def keep(answers: Mapping[Key, Any]) -> None:
    """Stores the responses for the keys claimed in this transaction."""
    if not answers:
        return
    with connection.cursor() as cursor:
        said = quoted_array(msgspec.json.encode(each).decode() for each in answers.values())
        cursor.execute(KEEP, [*_columns(answers), said])


def release(keys: Sequence[Key]) -> None:
    """Give back keys whose request was refused: only successes are replayed."""
    if keys:
        with connection.cursor() as cursor:
            cursor.execute(RELEASE, _columns(keys))


def forget(now: datetime) -> int:
    """Delete a bounded batch of keys past their time; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM idempotency_key WHERE (service_id, key) IN (SELECT service_id, key"
            " FROM idempotency_key WHERE created_at < %s LIMIT 10000)",
            [now - KEPT],
        )
        return int(cursor.rowcount)


def _columns(keys: Collection[Key]) -> list[str]:
    return [array(key.service_id for key in keys), quoted_array(key.text for key in keys)]


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
