"""The rows that erased people leave behind. They are named by a keyed hash of the id, so that the
log keeps its references, a repeat of the id is known for what it is, and nobody without the key
can tell whose row it was."""

from collections.abc import Collection, Iterable

from django.db import connection

from notifyproj.core.encryption import lookup_hash
from notifyproj.core.sqlarrays import quoted_array

PREFIX = "erased:"  # of no id that a service may give
LENGTH = 16  # bytes of the hash

FIND = "SELECT id, external_id FROM recipient WHERE external_id = ANY(%s::text[])"
# Of an earlier person of the same id, who was erased, too.
MAKE_WAY = "UPDATE recipient SET external_id = external_id || ':' || id WHERE external_id = %s"
# What the erased took back, whoever has their id next does not get unasked.
WITHDRAWN = """
WITH pair AS (
    SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS u (old, new)
), kept AS (
    INSERT INTO preference (recipient_id, type_id, category_id, channel, enabled, updated_at)
    SELECT pair.new, p.type_id, p.category_id, p.channel, false, now()
    FROM preference p JOIN pair ON pair.old = p.recipient_id
    WHERE NOT p.enabled ORDER BY pair.new, p.id
    ON CONFLICT (recipient_id, type_id, category_id, channel) DO NOTHING
    RETURNING recipient_id, type_id, category_id, channel
)
INSERT INTO consent_event
    (recipient_id, about, type_id, category_id, channel, action, source, at, evidence, wording)
SELECT recipient_id, 'choice', type_id, category_id, channel, 'withdrawn', 'erasure', now(),
    '{}', ''
FROM kept
"""


def name_of(external_id: str) -> str:
    return PREFIX + lookup_hash("erased", external_id)[:LENGTH].hex()


def is_name(external_id: str) -> bool:
    return external_id.startswith(PREFIX)


def make_way(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(MAKE_WAY, [name])


def find(external_ids: Collection[str]) -> dict[str, int]:
    """Those of these ids whose last person was erased, with the row of that person."""
    names = {name_of(external_id): external_id for external_id in external_ids}
    if not names:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(FIND, [quoted_array(names)])
        return {names[name]: id_ for id_, name in cursor.fetchall()}


def hand_on(new: Iterable[tuple[str, int]]) -> None:
    """(external id, row) of people who are new: what an erased one of that id took back holds."""
    rows = dict(new)
    pairs = [(old, rows[external_id]) for external_id, old in find(rows).items()]
    if pairs:
        old, fresh = zip(*pairs, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(WITHDRAWN, [list(old), list(fresh)])
