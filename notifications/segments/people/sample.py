"""Some people of a segment, and why they are in it: the same ones for the same seed."""

from collections.abc import Sequence
from typing import NamedTuple

from notifications.segments.people.audience import names_of
from notifications.segments.people.bounded import TooSlow, at_most, rows
from notifications.segments.people.count import SECONDS, people_in_table, share_of_sample
from notifications.segments.rules.compile import Names, where
from notifications.segments.rules.describe import description_of
from notifications.segments.rules.sql import Where
from notifications.segments.rules.tree import Leaf, Node, leaves
from notifyproj.core.clock import now

PEOPLE = 10
# From blocks by chance; a group so small that they hold too few of it is read from the start.
BY_CHANCE = """
SELECT r.id FROM recipient r TABLESAMPLE SYSTEM (%s) REPEATABLE (%s)
WHERE r.erased_at IS NULL AND {}
ORDER BY hashint8extended(r.id, %s), r.id LIMIT %s
"""
FIRST = """
SELECT r.id FROM recipient r WHERE r.erased_at IS NULL AND {} ORDER BY r.id LIMIT %s
"""
WHO = """
SELECT r.external_id, r.locale, r.timezone{} FROM recipient r WHERE r.id = ANY(%s) ORDER BY r.id
"""
HOLDS = "SELECT {} FROM recipient r WHERE r.id = %s"
BY_NAME = "SELECT id FROM recipient WHERE external_id = %s AND erased_at IS NULL"


class Reason(NamedTuple):
    """A condition in words, where it stands, and whether it holds; below a `not` it speaks for
    somebody when it does not."""

    path: str
    text: str
    holds: bool

    @property
    def speaks_for(self) -> bool:
        return self.holds == (self.path.count(".not") % 2 == 0)

    @property
    def because(self) -> str:
        return self.text if self.holds else f"not: {self.text}"


class Sampled(NamedTuple):
    external_id: str
    locale: str
    timezone: str
    reasons: list[Reason]


class Member(NamedTuple):
    is_in: bool
    reasons: list[Reason]


def sample(node: Node, segment_id: int, seed: int = 0) -> list[Sampled]:
    """Raises TooSlow: that says nothing about whether there is anybody."""
    names = names_of(node, now())
    audience = where(node, segment_id, names)
    ids = _by_chance(audience, seed) or []
    return _explained(node, segment_id, names, ids or _first(audience))


def member(node: Node, segment_id: int, external_id: str) -> Member | None:
    """None when nobody has that id."""
    found = rows(BY_NAME, [external_id])
    if not found:
        return None
    names = names_of(node, now())
    audience = where(node, segment_id, names)
    ((is_in,),) = rows(HOLDS.format(audience.sql), [*audience.params, found[0][0]])
    (person,) = _explained(node, segment_id, names, [found[0][0]])
    return Member(is_in, person.reasons)


def _by_chance(audience: Where, seed: int) -> list[int]:
    share = share_of_sample(people_in_table())
    params = [share, seed, *audience.params, seed, PEOPLE]
    try:
        with at_most(SECONDS):
            found = [row[0] for row in rows(BY_CHANCE.format(audience.sql), params)]
    except TooSlow:
        return []
    return found if len(found) == PEOPLE else []


def _first(audience: Where) -> list[int]:
    with at_most(SECONDS):
        return [row[0] for row in rows(FIRST.format(audience.sql), [*audience.params, PEOPLE])]


def _explained(node: Node, segment_id: int, names: Names, ids: Sequence[int]) -> list[Sampled]:
    said = leaves(node)
    each = [where(leaf, segment_id, names) for leaf in said]
    sql = WHO.format("".join(f", {one.sql}" for one in each))
    params = [value for one in each for value in one.params]
    return [
        Sampled(external_id, locale, timezone, _reasons(said, holding))
        for external_id, locale, timezone, *holding in rows(sql, [*params, list(ids)])
    ]


def _reasons(said: Sequence[Leaf], holding: Sequence[bool]) -> list[Reason]:
    return [
        Reason(leaf.path, description_of(leaf), holds)
        for leaf, holds in zip(said, holding, strict=True)
    ]
