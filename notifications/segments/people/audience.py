"""Who is in a segment: as a condition on `r`, a row of `recipient`.

The SQL is ours, all values are parameters. Give all pages of one run the same `at`, so that "in the
last 30 days" means the same on each.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from notifications.segments.models import Segment
from notifications.segments.rules.compile import Named, Names
from notifications.segments.rules.compile import where as compiled
from notifications.segments.rules.depth import LEVELS_MOST, named_in
from notifications.segments.rules.parse import WrongRules, read
from notifications.segments.rules.sql import Where
from notifications.segments.rules.tree import Activity, Node, leaves
from notifyproj.core.clock import now as clock_now
from notifyproj.core.extension_point import ExtensionPoint
from preferences.facts.types import catalogue

ArmsOf = Callable[[Collection[int], int | None], Mapping[int, Sequence[int]]]
# Takes one part: the arms of each of these campaigns that are a service's, or anybody's (None).
arms_of_campaigns: ExtensionPoint[ArmsOf] = ExtensionPoint()


def campaigns_had_by(service_id: int | None, campaigns: Collection[int]) -> Collection[int]:
    """Those of these that are the service's."""
    return arms_of_campaigns.only()(campaigns, service_id).keys() if campaigns else ()


def where(segment: Segment, at: datetime | None = None) -> Where:
    """Raises WrongRules for what no saved segment has."""
    return where_of(read(segment.rules), segment.pk or 0, at)


def where_of(node: Node, segment_id: int, at: datetime | None = None) -> Where:
    """The same for rules that are not saved."""
    return compiled(node, segment_id, names_of(node, at or clock_now()))


def names_of(node: Node, at: datetime) -> Names:
    segments = nested(node)
    said = [leaf for each in (node, *(n.node for n in segments.values())) for leaf in leaves(each)]
    acts = [leaf for leaf in said if isinstance(leaf, Activity)]
    campaigns = {leaf.campaign for leaf in acts if leaf.campaign}
    arms = arms_of_campaigns.only()(campaigns, None) if campaigns else {}
    types = {value.slug: value.id for value in catalogue.get().by_id.values()} if acts else {}
    return Names(at, types, arms, segments)


def nested(node: Node) -> dict[str, Named]:
    """Every segment that these rules name, and those name in turn. A statement for each level."""
    found: dict[str, Named] = {}
    wanted = named_in(node)
    for _ in range(LEVELS_MOST):
        rows = Segment.objects.filter(slug__in=wanted - found.keys()) if wanted else []
        new = {
            row.slug: Named(row.pk, read_, row.service_id)
            for row in rows
            if (read_ := _read(row)) is not None
        }
        found |= new
        wanted = {slug for each in new.values() for slug in named_in(each.node)} - found.keys()
    return found


def _read(row: Segment) -> Node | None:
    try:
        return read(row.rules)
    except WrongRules:
        return None
