"""Reads of segments for the API and the admin."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from msgspec import Struct

from notifications.segments.models import Segment, SegmentUpload
from notifications.segments.people import count as counting
from notifications.segments.people import ownership, sample
from notifications.segments.people.audience import campaigns_had_by
from notifications.segments.rules.tree import Activity, InSegment, Node, leaves
from notifications.segments.upload.upload import is_lost
from notifyproj.core.api.authentication import Caller
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.models import Scope

NO_SUCH = "Segment not found."
NO_SUCH_CAMPAIGN = "Campaign not found."


class CountView(Struct):
    """`exact` false: the number is an estimate."""

    people: int
    exact: bool
    counted_at: datetime | None = None


class SegmentView(Struct, kw_only=True):
    slug: str
    name: str
    description: str
    kind: str
    rules: dict[str, Any]
    count: CountView | None
    created_at: datetime
    updated_at: datetime


class SegmentPage(Struct):
    """`next_cursor` is "" on the last page."""

    segments: list[SegmentView]
    next_cursor: str


class ReasonView(Struct):
    """`path`: the place of the condition in the rules. `speaks_for`: it counts towards being in the
    segment; below a `not`, a condition that does not hold does."""

    path: str
    words: str
    holds: bool
    speaks_for: bool


class SampledPerson(Struct, kw_only=True):
    external_id: str
    locale: str
    timezone: str
    reasons: list[ReasonView]


class Sample(Struct):
    people: list[SampledPerson]


class Membership(Struct):
    """Whether the person is in the segment, and which conditions are true for them."""

    member: bool
    reasons: list[ReasonView]


class SegmentPreview(Struct):
    """The people that rules match, counted, and a sample of them. Nothing is saved."""

    count: CountView
    people: list[SampledPerson]


class UploadError(Struct):
    line: int
    problem: str


class UploadReport(Struct, kw_only=True):
    """`errors` lists the first 1,000; `unknown` and `failed` count all. `state` `refused`: no line
    was recognised and nothing was changed; `problem` says why."""

    id: int
    mode: str
    state: str
    received: int
    added: int
    already: int
    unknown: int
    failed: int
    removed: int
    problem: str
    started_at: datetime
    finished_at: datetime | None
    errors: list[UploadError]


class UploadReports(Struct):
    uploads: list[UploadReport]


def segment_view(row: Segment) -> SegmentView:
    counted = row.last_count is not None
    return SegmentView(
        slug=row.slug,
        name=row.name,
        description=row.description,
        kind=row.kind,
        rules=row.rules,
        count=CountView(row.last_count or 0, row.last_count_exact, row.counted_at)
        if counted
        else None,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def segments_of(caller: Caller) -> QuerySet[Segment]:
    """Those of the caller's service and everybody's; all of them for who may do everything."""
    if Scope.ADMIN in caller.scopes:
        return Segment.objects.all()
    return Segment.objects.filter(Q(service_id=caller.service_id) | Q(service_id=None))


def check_named(caller: Caller, node: Node) -> None:
    """That rules name no segment or campaign of another service: the count would tell of it.
    Raises InvalidFields."""
    named = {leaf.slug: leaf.path for leaf in leaves(node) if isinstance(leaf, InSegment)}
    seen = set(segments_of(caller).filter(slug__in=named).values_list("slug", flat=True))
    problems = {f"{path}.segment": NO_SUCH for slug, path in named.items() if slug not in seen}
    problems |= _campaign_problems(caller, node)
    if problems:
        raise InvalidFields(problems)
    if caller.only is not None:
        ownership.check(node, caller.only)


def check_evaluated(caller: Caller, segment: Segment) -> None:
    """The same of a saved one, before it is evaluated for the caller. Raises InvalidFields."""
    ownership.check_segment(segment, caller.only)


def _campaign_problems(caller: Caller, node: Node) -> dict[str, str]:
    acts = [leaf for leaf in leaves(node) if isinstance(leaf, Activity) and leaf.campaign]
    own = campaigns_had_by(caller.only, {leaf.campaign for leaf in acts})
    return {f"{act.path}.campaign": NO_SUCH_CAMPAIGN for act in acts if act.campaign not in own}


def segments_after(among: QuerySet[Segment], cursor: int, limit: int) -> list[Segment]:
    return list(among.filter(pk__gt=cursor).order_by("pk")[:limit])


def preview(count: counting.Count, people: Sequence[sample.Sampled]) -> SegmentPreview:
    return SegmentPreview(CountView(count.n, count.exact), people_views(people))


def people_views(people: Sequence[sample.Sampled]) -> list[SampledPerson]:
    return [
        SampledPerson(
            external_id=one.external_id,
            locale=one.locale,
            timezone=one.timezone,
            reasons=reason_views(one.reasons),
        )
        for one in people
    ]


def reason_views(reasons: Sequence[sample.Reason]) -> list[ReasonView]:
    return [ReasonView(*reason, reason.speaks_for) for reason in reasons]


def upload_view(row: SegmentUpload, now: datetime) -> UploadReport:
    fields = (*UPLOAD_COUNTS, "id", "mode", "problem", "started_at", "finished_at")
    return UploadReport(
        state=SegmentUpload.State.BROKEN if is_lost(row, now) else row.state,
        errors=[UploadError(**error) for error in row.errors],
        **{name: getattr(row, name) for name in fields},
    )


UPLOAD_COUNTS = ("received", "added", "already", "unknown", "failed", "removed")
