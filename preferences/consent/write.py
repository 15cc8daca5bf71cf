"""Whole and partial writes of what people want: their present state under a lock, the difference,
and each change with its proof. Many people at once, in one transaction."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import connection, transaction
from msgspec import UNSET

from notifyproj.core.sqlarrays import array, quoted_array
from preferences.consent.choices import About, Choice, choices_set
from preferences.consent.pauses import Pause, Quiet, pause_set, quiet_set, zone_set
from preferences.consent.schemas import EVERYTHING, Said, Scope
from preferences.recipients.services import NoSuchRecipient

LOCK = """
SELECT external_id, id FROM recipient
WHERE external_id = ANY(%s::varchar[]) AND erased_at IS NULL
ORDER BY external_id FOR NO KEY UPDATE
"""
PRESENT = """
SELECT recipient_id, type_id, category_id, channel, enabled FROM preference
WHERE recipient_id = ANY(%s::bigint[])
"""
Present = Mapping[Scope, bool]


class Wanted(NamedTuple):
    external_id: str
    said: Said
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """By external id: whose preferences changed, and who is not known."""

    changed: frozenset[str]
    unknown: frozenset[str]


def preferences_set(*, external_id: str, said: Said, replace: bool) -> bool:
    """Whether it changed anything. Raises NoSuchRecipient."""
    written = preferences_set_bulk([Wanted(external_id, said, replace)])
    if written.unknown:
        raise NoSuchRecipient(external_id)
    return bool(written.changed)


def preferences_set_bulk(rows: Sequence[Wanted]) -> Written:
    """No person twice."""
    with transaction.atomic():
        ids = _lock(row.external_id for row in rows)
        known = [(ids[row.external_id], row) for row in rows if row.external_id in ids]
        changed = _write_choices(known) | _write_pauses(known)
    named = {id_: external_id for external_id, id_ in ids.items()}
    unknown = {row.external_id for row in rows} - ids.keys()
    return Written(frozenset(named[id_] for id_ in changed), frozenset(unknown))


def load_choices(recipient_ids: Sequence[int]) -> dict[int, dict[Scope, bool]]:
    found: dict[int, dict[Scope, bool]] = {id_: {} for id_ in recipient_ids}
    with connection.cursor() as cursor:
        cursor.execute(PRESENT, [array(recipient_ids)])
        for id_, type_id, category_id, channel, enabled in cursor.fetchall():
            found[id_][type_id, category_id, channel] = enabled
    return found


def difference(present: Present, said: Said, *, replace: bool) -> dict[Scope, bool | None]:
    """What has to be written so that what was said holds."""
    gone = {scope for scope in present if replace or scope[:2] in said.cleared}
    new: dict[Scope, bool | None] = dict.fromkeys(gone)
    new |= said.choices
    return {scope: enabled for scope, enabled in new.items() if _differs(present, scope, enabled)}


def _differs(present: Present, scope: Scope, enabled: bool | None) -> bool:
    """Not to have unsubscribed is what holds anyway: it is written only after an unsubscription."""
    if scope == EVERYTHING and enabled and scope not in present:
        return False
    return present.get(scope) is not enabled


def _lock(external_ids: Iterator[str]) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [quoted_array(external_ids)])
        return dict(cursor.fetchall())


def _write_choices(rows: Sequence[tuple[int, Wanted]]) -> set[int]:
    present = load_choices([id_ for id_, _ in rows])
    choices = [
        Choice(About(id_, *scope), enabled, row.said.proof)
        for id_, row in rows
        for scope, enabled in difference(present[id_], row.said, replace=row.replace).items()
    ]
    return {about.recipient_id for about in choices_set(choices)}


def _write_pauses(rows: Sequence[tuple[int, Wanted]]) -> set[int]:
    quiet, pauses, zones = [], [], {}
    for id_, (_, said, replace) in rows:
        hours, until = said.quiet_hours, said.paused_until
        if hours is not UNSET or replace:
            quiet.append(Quiet(id_, hours if isinstance(hours, tuple) else None, said.proof))
        if until is not UNSET or replace:
            pause = until if isinstance(until, datetime) else None
            pauses.append(Pause(id_, pause, said.proof))
        if isinstance(said.timezone, str):
            zones[id_] = said.timezone
    return quiet_set(quiet) | pause_set(pauses) | zone_set(zones)
