"""Who agreed to what or took it back: the record, and the choice it leads to. In bulk, in the
caller's transaction."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from notifyproj.core.sqlarrays import array, bytea_array, quoted_array
from preferences.models import ConsentEvent

GRANTED, WITHDRAWN = ConsentEvent.Action.GRANTED, ConsentEvent.Action.WITHDRAWN
CLEARED, CHANGED = ConsentEvent.Action.CLEARED, ConsentEvent.Action.CHANGED
About = ConsentEvent.About

RECORD = """
INSERT INTO consent_event (recipient_id, about, channel, type_id, category_id, address_hash,
    action, source, at, evidence, ip_hash, wording)
SELECT * FROM unnest(%s::bigint[], %s::varchar[], %s::varchar[], %s::bigint[], %s::bigint[],
    %s::bytea[], %s::varchar[], %s::varchar[], %s::timestamptz[], %s::jsonb[], %s::bytea[],
    %s::varchar[])
"""
CHOOSE = """
INSERT INTO preference (recipient_id, type_id, channel, enabled, updated_at)
SELECT r.id, NULL, %s, %s, now() FROM recipient r WHERE r.id = ANY(%s::bigint[]) ORDER BY r.id
ON CONFLICT (recipient_id, type_id, category_id, channel)
DO UPDATE SET enabled = EXCLUDED.enabled, updated_at = EXCLUDED.updated_at
"""
# What somebody took back by other means, a provider's word does not give again.
LAST_BY = """
SELECT DISTINCT ON (recipient_id) recipient_id, source, action FROM consent_event
WHERE recipient_id = ANY(%s::bigint[]) AND channel IN (%s, '')
  AND type_id IS NULL AND category_id IS NULL AND about IN ('choice', 'address')
ORDER BY recipient_id, at DESC, id DESC
"""


@dataclass(frozen=True, slots=True)
class Consent:
    action: str
    channel: str
    source: str
    at: datetime
    recipient_id: int | None = None
    type_id: int | None = None
    category_id: int | None = None
    about: str = About.CHOICE
    address_hash: bytes | None = field(default=None, repr=False)
    evidence: Mapping[str, Any] = field(default_factory=dict, repr=False)
    ip_hash: bytes | None = field(default=None, repr=False)
    wording: str = ""


def record(rows: Sequence[Consent]) -> None:
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            RECORD,
            [
                array(row.recipient_id for row in rows),
                array(row.about for row in rows),
                quoted_array(row.channel for row in rows),
                array(row.type_id for row in rows),
                array(row.category_id for row in rows),
                bytea_array(row.address_hash for row in rows),
                array(row.action for row in rows),
                quoted_array(row.source[:32] for row in rows),
                array(f'"{row.at.isoformat()}"' for row in rows),
                quoted_array(_json(row.evidence) for row in rows),
                bytea_array(row.ip_hash for row in rows),
                quoted_array(row.wording[:64] for row in rows),
            ],
        )


def choose_channel(channel: str, recipient_ids: Iterable[int], *, enabled: bool) -> None:
    """The choice of these people for everything on that channel."""
    ids = sorted(set(recipient_ids))
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(CHOOSE, [channel, enabled, array(ids)])


def withdrawn_by(source: str, channel: str, recipient_ids: Iterable[int]) -> set[int]:
    """Of these people, those whose last word on the channel was a withdrawal by `source`."""
    ids = sorted(set(recipient_ids))
    if not ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(LAST_BY, [array(ids), channel])
        return {id_ for id_, by, act in cursor.fetchall() if (by, act) == (source, WITHDRAWN)}


def _json(evidence: Mapping[str, Any]) -> str:
    """jsonb holds no NUL."""
    return json.dumps(dict(evidence)).replace("\\u0000", "")
