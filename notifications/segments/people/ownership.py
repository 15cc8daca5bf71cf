"""Whose the campaigns and segments are that rules name: a count or a sample would tell of them.

Asked whenever rules are saved, and again whenever they are evaluated: they may have been saved
before anybody asked, and what they name may have become another's since."""

from collections.abc import Callable, Collection, Iterator, Mapping

from notifications.segments.models import Segment
from notifications.segments.people.audience import nested
from notifications.segments.rules.compile import Named
from notifications.segments.rules.parse import read
from notifications.segments.rules.tree import Activity, InSegment, Node, leaves
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.extension_point import ExtensionPoint

OTHERS_CAMPAIGN = "This is a campaign of another service: take it out of the rules."
OTHERS_SEGMENT = "This is a segment of another service: take it out of the rules."
NAMES_OTHERS = "The rules of this segment name what is another service's: take it out of them."

ServicesOf = Callable[[Collection[int]], Mapping[int, int]]
# Takes one part: the service of each of these campaigns that exists.
services_of_campaigns: ExtensionPoint[ServicesOf] = ExtensionPoint()


def check_segment(segment: Segment, service_id: int | None) -> None:
    """Raises InvalidFields, and WrongRules for what no saved segment has."""
    if service_id is not None:
        check(read(segment.rules), service_id)


def check(node: Node, service_id: int) -> None:
    """That these rules, and the segments they name, are about nothing of another service. Raises
    InvalidFields, with the place of each fault."""
    named = nested(node)
    others = _others_campaigns([node, *(one.node for one in named.values())], service_id)
    problems = {}
    for leaf in leaves(node):
        if isinstance(leaf, Activity) and leaf.campaign in others:
            problems[f"{leaf.path}.campaign"] = OTHERS_CAMPAIGN
        elif isinstance(leaf, InSegment) and (said := _fault(leaf, named, others, service_id)):
            problems[f"{leaf.path}.segment"] = said
    if problems:
        raise InvalidFields(problems)


def _fault(
    leaf: InSegment, named: Mapping[str, Named], others: Collection[int], service_id: int
) -> str:
    if leaf.slug in named and named[leaf.slug].service_id not in (None, service_id):
        return OTHERS_SEGMENT
    for one in _within(leaf.slug, named, set()):
        if one.service_id not in (None, service_id) or _campaigns([one.node]) & set(others):
            return NAMES_OTHERS
    return ""


def _within(slug: str, named: Mapping[str, Named], seen: set[str]) -> Iterator[Named]:
    """That segment, and all that it names in turn."""
    if slug in seen or slug not in named:
        return
    seen.add(slug)
    yield named[slug]
    for leaf in leaves(named[slug].node):
        if isinstance(leaf, InSegment):
            yield from _within(leaf.slug, named, seen)


def _others_campaigns(nodes: Collection[Node], service_id: int) -> set[int]:
    campaigns = _campaigns(nodes)
    found = services_of_campaigns.only()(campaigns) if campaigns else {}
    return {id_ for id_, whose in found.items() if whose != service_id}


def _campaigns(nodes: Collection[Node]) -> set[int]:
    said = [leaf for node in nodes for leaf in leaves(node)]
    return {leaf.campaign for leaf in said if isinstance(leaf, Activity) and leaf.campaign}
