"""Everything that changes segments."""

from dataclasses import dataclass
from math import inf
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import ProtectedError

from notifications.segments.models import Segment, SegmentMember, UploadChange
from notifications.segments.people.audience import where, where_of
from notifications.segments.people.count import CHEAP, Count, cost_of, count, look
from notifications.segments.rules import depth
from notifications.segments.rules.describe import description_of
from notifications.segments.rules.parse import WrongRules, read
from notifications.segments.rules.sql import Where
from notifications.segments.rules.tree import Activity, InSegment, Node, Uploaded, leaves
from notifyproj.core import clock
from notifyproj.core.advisory_lock import AdvisoryLock
from notifyproj.core.api.errors import ApiError, InvalidFields
from preferences.facts.types import catalogue

LOCK = AdvisoryLock("segs")  # segments name each other, so one is saved at a time
SECONDS_MOST = 120.0  # to look at everybody once: what all pages of a campaign take together
RESERVED = frozenset({"look"})
USERS_SHOWN = 5
LOOKED_AT = 10  # conditions, each by itself, to name the costly one


@dataclass(frozen=True, kw_only=True, slots=True)
class SegmentFields:
    """What somebody wants a segment to be."""

    name: str
    description: str = ""
    rules: Any = None


def segment_create(
    *, slug: str, fields: SegmentFields, by: User | None = None, service_id: int | None = None
) -> Segment:
    """`service_id`: no other service sees it. Raises InvalidFields."""
    with transaction.atomic():
        LOCK.take()
        if slug in RESERVED:
            raise InvalidFields({"slug": "This slug is reserved."})
        if Segment.objects.filter(slug=slug).exists():
            raise InvalidFields({"slug": "A segment with this slug already exists."}, "exists", 409)
        segment = Segment(slug=slug, created_by=by, service_id=service_id)
        _write(segment, fields)
    segment_count(segment=segment)
    return segment


def segment_update(*, segment: Segment, fields: SegmentFields) -> None:
    """Raises InvalidFields."""
    with transaction.atomic():
        LOCK.take()
        _write(segment, fields)
    segment_count(segment=segment)


def segment_delete(*, segment: Segment) -> None:
    """Raises ApiError 409 when other segments name it, or something uses it."""
    with transaction.atomic():
        LOCK.take()
        if named_by := depth.namers(segment.slug, _nodes()):
            message = f"The segment is used by these segments: {', '.join(named_by)}."
            raise ApiError(409, "in_use", message, {"slug": message})
        SegmentMember.objects.filter(segment_id=segment.pk).delete()
        uploads = segment.uploads.values("pk")
        UploadChange.objects.filter(upload_id__in=uploads).delete()
        try:
            segment.delete()
        except ProtectedError as error:
            users = ", ".join(sorted(map(str, error.protected_objects))[:USERS_SHOWN])
            message = f"The segment is used by {users}."
            raise ApiError(409, "in_use", message, {"slug": message}) from None


def segment_count(*, segment: Segment) -> Count:
    """Counted anew, and remembered."""
    found = count(where(segment))
    segment.last_count, segment.last_count_exact = found
    segment.counted_at = clock.now()
    segment.save(update_fields=["last_count", "last_count_exact", "counted_at"])
    return found


def check(rules: object, slug: str = "", segment_id: int = 0) -> Node:
    """Rules that may be saved. Raises InvalidFields, with the place of each fault."""
    try:
        node = read(rules)
    except WrongRules as error:
        raise InvalidFields(error.problems) from None
    nodes = _nodes()
    if problems := _unknown(node, nodes):
        raise InvalidFields(problems)
    try:
        depth.check(slug, {**nodes, slug: node})
    except depth.TooMuch as error:
        raise InvalidFields({"rules": str(error)}) from None
    _refuse_costly(node, segment_id)
    return node


def _write(segment: Segment, fields: SegmentFields) -> None:
    node = check(fields.rules, segment.slug, segment.pk or 0)
    segment.name, segment.description, segment.rules = fields.name, fields.description, fields.rules
    segment.kind = kind_of(node)
    segment.save()


def kind_of(node: Node) -> Segment.Kind:
    said = leaves(node)
    uses_list = any(isinstance(leaf, Uploaded) for leaf in said)
    if not uses_list:
        return Segment.Kind.RULES
    return Segment.Kind.UPLOAD if len(said) == 1 else Segment.Kind.BOTH


def _nodes() -> dict[str, Node]:
    """Of every segment, by its slug."""
    return {
        slug: node
        for slug, rules in Segment.objects.values_list("slug", "rules")
        if (node := _readable(rules)) is not None
    }


def _readable(rules: object) -> Node | None:
    try:
        return read(rules)
    except WrongRules:
        return None


def _unknown(node: Node, segments: dict[str, Node]) -> dict[str, str]:
    types = {value.slug for value in catalogue.get().by_id.values()}
    problems = {}
    for leaf in leaves(node):
        if isinstance(leaf, InSegment) and leaf.slug not in segments:
            problems[f"{leaf.path}.segment"] = "Segment not found."
        if isinstance(leaf, Activity) and leaf.type and leaf.type not in types:
            problems[f"{leaf.path}.type"] = "Notification type not found."
    return problems


def _refuse_costly(node: Node, segment_id: int) -> None:
    """Measured twice before anybody is sent back: the machine may have been busy."""
    audience = where_of(node, segment_id)
    if cost_of(audience).cost <= CHEAP or any(_seconds(audience) <= SECONDS_MOST for _ in range(2)):
        return
    said = leaves(node)
    costs = [_seconds(where_of(leaf, segment_id)) for leaf in said[:LOOKED_AT]]
    worst = said[costs.index(max(costs))]
    message = (
        f"Finding these people would take too long, mostly because of “{description_of(worst)}”."
    )
    raise InvalidFields({worst.path: message}, "too_costly")


def _seconds(audience: Where) -> float:
    looked = look(audience)
    return inf if looked is None else looked.whole()
