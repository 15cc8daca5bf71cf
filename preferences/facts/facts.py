"""Everything the decision needs, for a whole chunk of people in a handful of statements."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, time
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from notifyproj.core.encryption import LOOKUP_VERSION
from notifyproj.core.sqlarrays import array
from preferences.decision.values import NO_CHOICES, Choices, PersonRules, Scope, category_key
from preferences.facts.types import catalogue, place_of
from preferences.recipients import tombstones

# Most people have neither quiet hours nor choices: those are asked for apart, as the few rows
# they are; an aggregate joined to every person costs several times as much.
PEOPLE = """
SELECT r.id, r.external_id, r.data_key, r.locale, r.timezone, r.erased_at IS NOT NULL,
       r.paused_until, NULL
FROM recipient r WHERE r.id = ANY(%s::bigint[])
"""
WITH_ATTRIBUTES = PEOPLE.replace("NULL\n", "r.attributes\n")
RULES_ONLY = """
SELECT r.id, NULL, NULL, NULL, r.timezone, r.erased_at IS NOT NULL, r.paused_until, NULL
FROM recipient r WHERE r.id = ANY(%s::bigint[])
"""
QUIET = """
SELECT recipient_id, start, "end" FROM quiet_hours
WHERE recipient_id = ANY(%s::bigint[]) AND start <> "end"
"""
CHOICES = """
SELECT recipient_id, type_id, category_id, channel, enabled FROM preference
WHERE recipient_id = ANY(%s::bigint[]) AND (type_id IS NULL OR type_id = ANY(%s::bigint[]))
"""

SUPPRESSED = """
EXISTS (SELECT FROM suppression s WHERE s.channel = c.channel AND s.address_hash = c.address_hash)
"""
POINTS_OF = f"""
SELECT c.id, c.recipient_id, c.channel, c.app_id, NULL, NULL, true, {SUPPRESSED}, c.area,
       c.hash_version
FROM contact_point c
WHERE c.recipient_id = ANY(%s::bigint[]) AND c.channel = ANY(%s) AND c.active
"""  # noqa: S608 - a constant
POINTS = f"""
SELECT c.id, c.recipient_id, c.channel, c.app_id, c.address, c.address_hash, c.active,
       {SUPPRESSED}, c.area, c.hash_version
FROM contact_point c WHERE c.id = ANY(%s::bigint[])
"""  # noqa: S608 - a constant


NOTHING_KNOWN: Mapping[str, Any] = {}


class Person(NamedTuple):
    id: int
    external_id: str
    data_key: bytes | None  # wrapped
    locale: str
    rules: PersonRules
    attributes: Mapping[str, Any] = NOTHING_KNOWN


class Point(NamedTuple):
    """A contact point as stored: the address is sealed."""

    id: int
    recipient_id: int
    channel: str
    app_id: int | None
    address: bytes
    address_hash: bytes
    active: bool
    suppressed: bool
    area: str  # the country of a number, the domain of a mailbox; "" when unknown
    hash_version: int = LOOKUP_VERSION


def find_recipients(external_ids: Iterable[str]) -> list[tuple[int, str, bytes | None]]:
    """(id, external id, wrapped data key) of those that exist, and of those that were erased."""
    asked = list(external_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, external_id, data_key FROM recipient WHERE external_id = ANY(%s)", [asked]
        )
        found = list(cursor.fetchall())
    if len(found) < len(asked):
        missing = set(asked).difference(row[1] for row in found)
        found += [(id_, name, None) for name, id_ in tombstones.find(missing).items()]
    return found


def recipients_after(cursor: int, limit: int) -> list[int]:
    """The next page of everybody, by id."""
    with connection.cursor() as db:
        db.execute(
            "SELECT id FROM recipient WHERE id > %s AND erased_at IS NULL ORDER BY id LIMIT %s",
            [cursor, limit],
        )
        return [row[0] for row in db.fetchall()]


def load_people(
    recipient_ids: Collection[int],
    type_ids: Iterable[int],
    *,
    rules_only: bool = False,
    attributes: bool = False,
) -> dict[int, Person]:
    """`rules_only` leaves out what only rendering needs: the locale and the keys; only some texts
    ask for the attributes. Who wants the same has the same rules: to be thought about once."""
    query = WITH_ATTRIBUTES if attributes else RULES_ONLY if rules_only else PEOPLE
    ids = array(recipient_ids)
    with connection.cursor() as cursor:
        cursor.execute(CHOICES, [ids, array(type_ids)])
        choices: dict[int, dict[tuple[Scope, str], bool]] = {}
        for recipient_id, type_id, category_id, channel, enabled in cursor.fetchall():
            scope = category_key(category_id) if category_id else type_id
            choices.setdefault(recipient_id, {})[scope, channel] = enabled
        cursor.execute(QUIET, [ids])
        quiet = {row[0]: (row[1], row[2]) for row in cursor.fetchall()}
        alike: dict[object, PersonRules] = {}
        cursor.execute(query, [ids])
        return {
            id_: Person(
                id=id_,
                external_id=external_id,
                data_key=data_key,
                locale=locale,
                rules=_rules(
                    alike,
                    choices=choices.get(id_, NO_CHOICES),
                    zone=zone,
                    quiet=quiet.get(id_),
                    erased=erased,
                    paused_until=paused,
                ),
                attributes=msgspec.json.decode(known) if known is not None else NOTHING_KNOWN,
            )
            for id_, external_id, data_key, locale, zone, erased, paused, known in cursor.fetchall()
        }


def load_points_of(
    recipient_ids: Collection[int], channels: Iterable[str]
) -> dict[tuple[int, str], list[Point]]:
    """The live contact points of these people, by (recipient id, channel), without addresses;
    those of an app that a fallback names apart from the others of its channel, by `place_of`."""
    apart = catalogue.get().apart
    with connection.cursor() as cursor:
        cursor.execute(POINTS_OF, [array(recipient_ids), list(channels)])
        found: dict[tuple[int, str], list[Point]] = {}
        for point in map(Point._make, cursor.fetchall()):
            place = point.channel
            if point.app_id in apart:
                place = place_of(place, point.app_id)
            found.setdefault((point.recipient_id, place), []).append(point)
        return found


def load_points(ids: Sequence[int] | set[int]) -> dict[int, Point]:
    """Returns contact points by their id, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(POINTS, [array(ids)])
        return {row[0]: Point._make(row) for row in cursor.fetchall()}


def _rules(
    alike: dict[object, PersonRules],
    *,
    choices: Choices,
    zone: str,
    quiet: tuple[time, time] | None,
    erased: bool,
    paused_until: datetime | None,
) -> PersonRules:
    if choices is NO_CHOICES and quiet is None and not erased and paused_until is None:
        return _without_wishes(zone)
    key = (frozenset(choices.items()), zone, quiet, erased, paused_until)
    if (rules := alike.get(key)) is None:
        rules = alike[key] = PersonRules(
            choices=choices, timezone=zone, quiet=quiet, erased=erased, paused_until=paused_until
        )
    return rules


@lru_cache(maxsize=1_000)
def _without_wishes(zone: str) -> PersonRules:
    return PersonRules(NO_CHOICES, zone)
