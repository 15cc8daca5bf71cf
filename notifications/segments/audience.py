"""Who is in a segment, as a condition that whoever needs it puts into a statement of their own:

    audience = where(segment)
    f"SELECT r.id FROM recipient r WHERE r.erased_at IS NULL AND r.id > %s AND {audience.sql}"
    " ORDER BY r.id LIMIT %s"

The SQL is ours, all values are parameters. Give a run of several pages one `at`, so that "in the
last 30 days" means the same on each.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from notifications.segments.compiling import Named, Names
from notifications.segments.compiling import where as compiled
from notifications.segments.conditions import Where
from notifications.segments.models import Segment
from notifications.segments.reading import WrongRules, read
from notifications.segments.tree import Activity, InSegment, Node, leaves
from notifyproj.core.clock import now as clock_now
from preferences.catalogue import catalogue

NESTED_MOST = 5  # levels of segments within segments

ArmsOf = Callable[[Collection[int]], Mapping[int, Sequence[int]]]
_arms_of: list[ArmsOf] = []


def arms_from(find: ArmsOf) -> None:
    """Told by whoever knows campaigns: the arms of each of these."""
    _arms_of[:] = [find]


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
    arms = _arms_of[0](campaigns) if campaigns and _arms_of else {}
    types = {value.slug: value.id for value in catalogue.get().by_id.values()} if acts else {}
    return Names(at, types, arms, segments)


def nested(node: Node) -> dict[str, Named]:
    """Every segment that these rules name, and those name in turn. A statement for each level."""
    found: dict[str, Named] = {}
    wanted = named_in(node)
    for _ in range(NESTED_MOST):
        rows = Segment.objects.filter(slug__in=wanted - found.keys()) if wanted else []
        new = {row.slug: Named(row.pk, rules) for row in rows if (rules := _read(row)) is not None}
        found |= new
        wanted = {slug for each in new.values() for slug in named_in(each.node)} - found.keys()
    return found


def named_in(node: Node) -> set[str]:
    return {leaf.slug for leaf in leaves(node) if isinstance(leaf, InSegment)}


def _read(row: Segment) -> Node | None:
    try:
        return read(row.rules)
    except WrongRules:
        return None
