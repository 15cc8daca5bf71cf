"""Callbacks whose signature was seen in another one: of a provider that signs a token and not the
body, whoever got hold of one such signature could say anything with it."""

import hashlib
import logging
from collections.abc import Sequence

from django.db import connection

from notifications.callbacks.fold.parse import request_of
from notifications.callbacks.receive.accounts import callers
from notifications.callbacks.receive.store import Stored
from notifyproj.core.sqlarrays import array, bytea_array

log = logging.getLogger(__name__)

# Signatures are good for half a day; a callback may wait in the table for longer.
KEPT_DAYS = 2

INSERT = """
INSERT INTO callback_nonce (account_id, hash, callback_id, at)
SELECT DISTINCT ON (1, 2) u.account_id, u.hash, u.callback_id, now()
FROM unnest(%s::bigint[], %s::bytea[], %s::bigint[]) AS u (account_id, hash, callback_id)
ORDER BY 1, 2, 3
ON CONFLICT DO NOTHING
"""
OWNERS = """
SELECT account_id, hash, callback_id FROM callback_nonce
WHERE (account_id, hash) IN (SELECT * FROM unnest(%s::bigint[], %s::bytea[]))
"""


def find(rows: Sequence[Stored]) -> set[int]:
    """Ids of the replayed ones; in the caller's transaction. One that was put off and is read
    again is none."""
    used = [(row.account_id, hash_, row.id) for row in rows if (hash_ := _hash(row)) is not None]
    if not used:
        return set()
    accounts, hashes, ids = zip(*used, strict=True)
    places = [array(accounts), bytea_array(hashes)]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [*places, array(ids)])
        cursor.execute(OWNERS, places)
        owners = {(account, bytes(hash_)): id_ for account, hash_, id_ in cursor.fetchall()}
    replayed = {id_ for account, hash_, id_ in used if owners[account, hash_] != id_}
    if replayed:
        log.warning("callbacks with a used signature", extra={"callbacks": len(replayed)})
    return replayed


def forget() -> None:
    """Deletes the nonces that are too old for their callback to be accepted again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM callback_nonce WHERE at < now() - make_interval(days => %s)", [KEPT_DAYS]
        )


def _hash(row: Stored) -> bytes | None:
    """None: the provider signs the body, or this cannot be read, which `reading` will find."""
    caller = callers.get().by_id.get(row.account_id)
    if caller is None or caller.numbering is None:
        return None
    try:
        nonce = caller.numbering.nonce(request_of(row))
    except Exception:
        return None
    return hashlib.blake2b(nonce.encode(errors="replace"), digest_size=16).digest()
