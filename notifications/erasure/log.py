"""An erasure in the log: what was asked, each attempt, and what was heard of it later. Rows, states
and counts stay as they are; what they say of the person goes."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection

from channels.base import Channel
from notifications.erasure.deliveries import empty_deliveries, scrub_told
from notifications.history.by_person import FEW, among_few, ids_of
from notifications.variables import seal, unseal
from notifyproj.core.encryption import Undecryptable
from notifyproj.core.erasures import Subject
from notifyproj.core.ids import instant_of
from notifyproj.core.sqlarrays import array

START = str(UUID(int=0))
BATCH = 200  # notifications

# By their index first: sorted by id, a plan may walk all partitions to find a few rows.
LISTED = """
WITH found AS MATERIALIZED (
    SELECT id, everyone, cardinality(recipient_ids) + cardinality(unknown_recipients) AS people
    FROM notification WHERE recipient_ids @> ARRAY[%s]::bigint[]
)
SELECT id::text, people = 1 AND NOT everyone, people <= %s AND NOT everyone FROM found
WHERE id > %s::uuid ORDER BY id LIMIT %s
"""
BROADCASTS = (
    "SELECT id::text FROM notification WHERE everyone AND id > %s::uuid ORDER BY id LIMIT %s"
)
UNKNOWN = """
WITH found AS MATERIALIZED (
    SELECT id, cardinality(recipient_ids) + cardinality(unknown_recipients) AS people
    FROM notification
    WHERE unknown_recipients && ARRAY[%s]::varchar[] AND unknown_recipients <> '{}'
)
SELECT id::text, people = 1 FROM found WHERE id > %s::uuid ORDER BY id LIMIT %s
"""
FILES = """
DELETE FROM attachment a USING (
    SELECT unnest(attachment_ids) AS id FROM notification
    WHERE id = ANY(%s::uuid[]) AND id BETWEEN %s::uuid AND %s::uuid
) named WHERE a.id = named.id AND a.recipient_id = %s
"""
EMPTY = """
UPDATE notification SET variables = '', metadata = '{}', collapse_key = '', content_hash = '',
    attachment_ids = '{}'
WHERE id = ANY(%s::uuid[]) AND id BETWEEN %s::uuid AND %s::uuid
"""
ITEMS = "DELETE FROM digest_item WHERE notification_id = ANY(%s::uuid[]) AND recipient_id = %s"
# A key is taken in the millisecond of its notification, so the index on its time finds it.
ANSWERS = """
DELETE FROM idempotency_key k USING unnest(%s::uuid[], %s::timestamptz[]) AS u (id, at)
WHERE k.created_at >= u.at AND k.created_at < u.at + interval '1 millisecond'
    AND k.response->>'id' = u.id::text
"""
SHARED = """
SELECT id::text, metadata::text, collapse_key, variables FROM notification
WHERE id = ANY(%s::uuid[]) AND id BETWEEN %s::uuid AND %s::uuid FOR NO KEY UPDATE
"""
REWRITE = """
UPDATE notification n SET metadata = u.metadata, collapse_key = u.key, variables = u.variables
FROM (SELECT %s::uuid AS id, %s::jsonb AS metadata, %s::varchar AS key, %s::bytea AS variables) u
WHERE n.id = u.id
"""
RENAME = """
UPDATE notification SET unknown_recipients = array_replace(unknown_recipients, %s, %s)
WHERE id = ANY(%s::uuid[]) AND id BETWEEN %s::uuid AND %s::uuid
"""
RENAME_DELIVERIES = """
UPDATE delivery d SET unknown_recipient = %s
FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[]) AS n (id, low, high)
WHERE d.id BETWEEN n.low AND n.high AND d.notification_id = n.id AND d.unknown_recipient = %s
    AND d.id BETWEEN %s::uuid AND %s::uuid
"""


class Shared(NamedTuple):
    id: str
    metadata: str
    collapse_key: str
    variables: bytes


def listed(subject: Subject, after: str) -> str | None:
    """What named the person."""
    rows = _rows(LISTED, [subject.recipient_id, FEW, after or START, BATCH])
    ids = [id_ for id_, _, _ in rows]
    if not ids:
        return None
    few = [id_ for id_, _, is_few in rows if is_few]
    alone = [id_ for id_, is_alone, _ in rows if is_alone]
    _empty(subject, alone)
    _scrub([id_ for id_ in ids if id_ not in set(alone)], subject)
    _run(ITEMS, [array(ids), subject.recipient_id])
    found = {id_ for id_, _, _ in among_few(subject.recipient_id, [UUID(id_) for id_ in few])}
    empty_deliveries([*found, *_computed(subject, ids)])
    return str(ids[-1])


def broadcasts(subject: Subject, after: str) -> str | None:
    """What went to everybody, campaigns among it: the ids of one person's part are computed."""
    ids = [id_ for (id_,) in _rows(BROADCASTS, [after or START, BATCH])]
    if not ids:
        return None
    _run(ITEMS, [array(ids), subject.recipient_id])
    empty_deliveries(_computed(subject, ids))
    return str(ids[-1])


def unknown(subject: Subject, after: str) -> str | None:
    """What named them before they were known, or after they were gone."""
    if not subject.external_id:
        return None
    rows = _rows(UNKNOWN, [subject.external_id, after or START, BATCH])
    ids = [id_ for id_, _ in rows]
    if not ids:
        return None
    _empty(subject, [id_ for id_, is_alone in rows if is_alone])
    _scrub([id_ for id_, is_alone in rows if not is_alone], subject)
    lows = [f"{id_[:13]}-0000-0000-000000000000" for id_ in ids]
    highs = [f"{id_[:13]}-ffff-ffff-ffffffffffff" for id_ in ids]
    places = [array(ids), array(lows), array(highs), subject.external_id, lows[0], highs[-1]]
    _run(RENAME_DELIVERIES, [subject.tombstone, *places])
    _run(RENAME, [subject.external_id, subject.tombstone, array(ids), ids[0], ids[-1]])
    return str(ids[-1])


def _computed(subject: Subject, notification_ids: Iterable[str]) -> list[str]:
    places = [*subject.points, *((channel.value, "") for channel in Channel)]
    person = subject.recipient_id
    return [id_ for pk in notification_ids for id_ in ids_of(UUID(pk), person, places)]


def _empty(subject: Subject, ids: Sequence[str]) -> None:
    """What was for nobody else."""
    if not ids:
        return
    among = [array(ids), ids[0], ids[-1]]
    _run(FILES, [*among, subject.recipient_id])
    _run(EMPTY, among)
    instants = [f'"{instant_of(UUID(id_)).isoformat()}"' for id_ in ids]
    _run(ANSWERS, [array(ids), array(instants)])


def _scrub(ids: Sequence[str], subject: Subject) -> None:
    """Of what others got, too, only the mentions go."""
    if not ids or not subject.terms:
        return
    subject = subject.with_names()
    for row in map(Shared._make, _rows(SHARED, [array(ids), ids[0], ids[-1]])):
        metadata = subject.scrub_all(msgspec.json.decode(row.metadata))
        key, variables = subject.scrub(row.collapse_key), _variables(row, subject)
        after = (msgspec.json.encode(metadata).decode(), key, variables)
        changed = metadata != msgspec.json.decode(row.metadata) or key != row.collapse_key
        if changed or variables != bytes(row.variables):
            _run(REWRITE, [row.id, *after])
        if changed:
            scrub_told(row.id, subject)


def _variables(row: Shared, subject: Subject) -> bytes:
    sealed = bytes(row.variables)
    try:
        before = unseal(row.id, sealed, None)
    except Undecryptable:
        return sealed
    after = subject.scrub_all(before)
    return sealed if after == before else seal(row.id, after, None)


def _rows(statement: str, params: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())


def _run(statement: str, params: Sequence[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
