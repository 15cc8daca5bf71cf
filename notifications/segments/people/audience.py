"""Who is in a segment: as a condition on `r`, a row of `recipient`, and by pages.

The SQL is ours, all values are parameters. Give a run of several pages one `at`, so that "in the
last 30 days" means the same on each.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from notifications.segments.models import Segment
from notifications.segments.people.bounded import rows
from notifications.segments.rules.compile import Named, Names
from notifications.segments.rules.compile import where as compiled
from notifications.segments.rules.depth import LEVELS_MOST, named_in
from notifications.segments.rules.parse import WrongRules, read
from notifications.segments.rules.sql import Where
from notifications.segments.rules.tree import Activity, Node, leaves
from notifyproj.core.clock import now as clock_now
from preferences.facts.types import catalogue

SPAN = 100_000  # ids that one statement looks at: what bounds it where hardly anybody matches
PAGE = """
SELECT r.id FROM recipient r
WHERE r.erased_at IS NULL AND r.id > %s AND r.id <= %s AND {} ORDER BY r.id LIMIT %s
"""
LAST = "SELECT COALESCE(max(id), 0) FROM recipient"


class Page(NamedTuple):
    """Go on with `cursor`, unless it `is_last`; it may hold nobody and not be the last."""

    ids: list[int]
    cursor: int
    is_last: bool


ArmsOf = Callable[[Collection[int], int | None], Mapping[int, Sequence[int]]]
_arms_of: list[ArmsOf] = []


def arms_from(find: ArmsOf) -> None:
    """Told by whoever knows campaigns: the arms of each of these that a service has (None: all)."""
    _arms_of[:] = [find]


def campaigns_had_by(service_id: int | None, campaigns: Collection[int]) -> Collection[int]:
    """Those of these that are the service's."""
    return _arms_of[0](campaigns, service_id).keys() if campaigns and _arms_of else ()


def where(segment: Segment, at: datetime | None = None) -> Where:
    """Raises WrongRules for what no saved segment has."""
    return where_of(read(segment.rules), segment.pk or 0, at)


def where_of(node: Node, segment_id: int, at: datetime | None = None) -> Where:
    """The same for rules that are not saved."""
    return compiled(node, segment_id, names_of(node, at or clock_now()))


def page(audience: Where, after: int, limit: int) -> Page:
    """The next of them by id, looking at no more than SPAN ids."""
    ((end,),) = rows(LAST, [])
    until = after + SPAN
    found = rows(PAGE.format(audience.sql), [after, until, *audience.params, limit])
    ids = [row[0] for row in found]
    if len(ids) == limit:
        return Page(ids, ids[-1], is_last=False)
    return Page(ids, min(until, max(end, after)), is_last=until >= end)


def names_of(node: Node, at: datetime) -> Names:
    segments = nested(node)
    said = [leaf for each in (node, *(n.node for n in segments.values())) for leaf in leaves(each)]
    acts = [leaf for leaf in said if isinstance(leaf, Activity)]
    campaigns = {leaf.campaign for leaf in acts if leaf.campaign}
    arms = _arms_of[0](campaigns, None) if campaigns and _arms_of else {}
    types = {value.slug: value.id for value in catalogue.get().by_id.values()} if acts else {}
    return Names(at, types, arms, segments)


def nested(node: Node) -> dict[str, Named]:
    """Every segment that these rules name, and those name in turn. A statement for each level."""
    found: dict[str, Named] = {}
    wanted = named_in(node)
    for _ in range(LEVELS_MOST):
        rows = Segment.objects.filter(slug__in=wanted - found.keys()) if wanted else []
        new = {row.slug: Named(row.pk, rules) for row in rows if (rules := _read(row)) is not None}
        found |= new
        wanted = {slug for each in new.values() for slug in named_in(each.node)} - found.keys()
    return found


def _read(row: Segment) -> Node | None:
    try:
        return read(row.rules)
    except WrongRules:
        return None
