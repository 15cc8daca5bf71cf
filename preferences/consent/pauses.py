"""When people want to be left alone, quiet hours and pauses, each change with its proof; and the
zone their clock is in. In bulk, in an order in which two batches cannot block each other."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction

from notifyproj.core.sqlarrays import array, quoted_array
from preferences.consent import events as consent
from preferences.consent.choices import Proof
from preferences.decision.quiet_hours import Hours

# A row comes back only when something changed.
SET_HOURS = """
INSERT INTO quiet_hours AS q (recipient_id, start, "end")
SELECT u.* FROM unnest(%s::bigint[], %s::time[], %s::time[]) AS u (recipient_id, start, "end")
ORDER BY u.recipient_id
ON CONFLICT (recipient_id) DO UPDATE SET start = EXCLUDED.start, "end" = EXCLUDED."end"
    WHERE (q.start, q."end") <> (EXCLUDED.start, EXCLUDED."end")
RETURNING recipient_id
"""
CLEAR_HOURS = (
    "DELETE FROM quiet_hours WHERE recipient_id = ANY(%s::bigint[]) RETURNING recipient_id"
)
LOCK = "SELECT FROM recipient WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE"
SET_PAUSE = """
UPDATE recipient r SET paused_until = u.until, updated_at = now()
FROM unnest(%s::bigint[], %s::timestamptz[]) AS u (id, until)
WHERE r.id = u.id AND r.paused_until IS DISTINCT FROM u.until
RETURNING r.id
"""
SET_ZONE = """
UPDATE recipient r SET timezone = u.timezone, updated_at = now()
FROM unnest(%s::bigint[], %s::varchar[]) AS u (id, timezone)
WHERE r.id = u.id AND r.timezone <> u.timezone
RETURNING r.id
"""


class Quiet(NamedTuple):
    """`hours` in the person's own zone, may cross midnight; None: none."""

    recipient_id: int
    hours: Hours | None
    proof: Proof


class Pause(NamedTuple):
    recipient_id: int
    until: datetime | None
    proof: Proof


def quiet_set(rows: Sequence[Quiet]) -> set[int]:
    """Sets or removes quiet hours; returns the ids of people whose hours changed. No person
    twice."""
    some = [(row.recipient_id, *row.hours) for row in rows if row.hours]
    none = [row.recipient_id for row in rows if not row.hours]
    with transaction.atomic():
        changed: set[int] = set()
        if some:
            changed |= _changed(SET_HOURS, *map(array, zip(*some, strict=True)))
        if none:
            changed |= _changed(CLEAR_HOURS, array(none))
        about = consent.About.QUIET_HOURS
        consent.record([_quiet_event(w, about) for w in rows if w.recipient_id in changed])
    return changed


def pause_set(rows: Sequence[Pause]) -> set[int]:
    """Sets or ends pauses; returns the ids of people whose pause changed. No person twice."""
    if not rows:
        return set()
    untils = [f'"{row.until.isoformat()}"' if row.until else None for row in rows]
    with transaction.atomic():
        changed = _changed_people(SET_PAUSE, [row.recipient_id for row in rows], array(untils))
        about = consent.About.PAUSE
        consent.record([_pause_event(w, about) for w in rows if w.recipient_id in changed])
    return changed


def zone_set(zones: Mapping[int, str]) -> set[int]:
    """Whose changed. A zone is part of the profile: it leaves no proof."""
    if not zones:
        return set()
    with transaction.atomic():
        return _changed_people(SET_ZONE, list(zones), quoted_array(zones.values()))


def _changed_people(statement: str, ids: Sequence[int], values: str) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [array(ids)])
    return _changed(statement, array(ids), values)


def _changed(statement: str, *columns: str) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, columns)
        return {row[0] for row in cursor.fetchall()}


def _quiet_event(row: Quiet, about: str) -> consent.Consent:
    if row.hours is None:
        return _event(row.recipient_id, about, consent.CLEARED, row.proof, {})
    start, end = (f"{clock:%H:%M}" for clock in row.hours)
    return _event(row.recipient_id, about, consent.CHANGED, row.proof, {"start": start, "end": end})


def _pause_event(row: Pause, about: str) -> consent.Consent:
    if row.until is None:
        return _event(row.recipient_id, about, consent.CLEARED, row.proof, {})
    said = {"until": row.until.isoformat()}
    return _event(row.recipient_id, about, consent.CHANGED, row.proof, said)


def _event(
    recipient_id: int, about: str, action: str, proof: Proof, said: Mapping[str, Any]
) -> consent.Consent:
    return consent.Consent(
        action,
        "",
        proof.source,
        proof.at,
        recipient_id=recipient_id,
        about=about,
        evidence={**proof.evidence, **said},
        ip_hash=proof.ip_hash,
        wording=proof.wording,
    )
