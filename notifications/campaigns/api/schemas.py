"""What the API takes and answers about campaigns, and how it becomes columns."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, structs

from channels.base import Channel
from notifications.campaigns.models import Campaign
from notifications.campaigns.plan.write import VariantWish
from notifications.campaigns.report.state_counts import Standing
from notifications.segments.models import Segment
from notifyproj.core.api.errors import InvalidFields
from preferences.decision.quiet_hours import zone_of
from preferences.models import NotificationType
from templates.versions.published import find_versions

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=2000)]
Share = Annotated[float, Meta(ge=0, le=100)]
Count = Annotated[int, Meta(ge=1, le=2_000_000_000)]
Minutes = Annotated[int, Meta(ge=0, le=100_000)]
Lifetime = Annotated[int, Meta(ge=60, le=604_800)]
Hour = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$")]
Hours = Annotated[float, Meta(ge=0.05, le=9_999)]
PERCENTS = (
    *("hold_out_percent", "test_percent", "canary_percent"),
    *("most_failed", "most_bounced", "most_complained", "most_unsubscribed"),
)


class VariantBody(Struct, forbid_unknown_fields=True):
    """`template_id`: a version like `offers-v3`, or a template's newest."""

    template_id: Annotated[str, Meta(max_length=120)]
    name: Annotated[str, Meta(min_length=1, max_length=40)] = "A"
    weight: Annotated[int, Meta(ge=1, le=1000)] = 1


Variants = Annotated[list[VariantBody], Meta(max_length=10)]


class ChangedCampaign(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays as it is. `segment` null: everybody."""

    name: Name | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    type: str | UnsetType = UNSET
    variants: Variants | UnsetType = UNSET
    segment: str | UnsetType | None = UNSET
    channels: list[Channel] | UnsetType = UNSET
    priority: Literal["high", "normal", "low"] | UnsetType = UNSET
    variables: dict[str, Any] | UnsetType = UNSET
    starts: Literal["now", "at", "local"] | UnsetType = UNSET
    on: date | UnsetType | None = UNSET
    at: Hour | UnsetType | None = UNSET
    zone: str | UnsetType = UNSET
    if_past: Literal["next_day", "skip", "now"] | UnsetType = UNSET
    repeat: Literal["", "daily", "weekly", "monthly"] | UnsetType = UNSET
    repeat_until: date | UnsetType | None = UNSET
    per_minute: Count | UnsetType | None = UNSET
    finish_hours: Hours | UnsetType | None = UNSET
    ttl_seconds: Lifetime | UnsetType | None = UNSET
    expires_at: datetime | UnsetType | None = UNSET
    hold_out_percent: Share | UnsetType = UNSET
    test_percent: Share | UnsetType = UNSET
    winner_by: Literal["", "clicked", "opened", "delivered"] | UnsetType = UNSET
    test_minutes: Minutes | UnsetType = UNSET
    canary_percent: Share | UnsetType = UNSET
    canary_people: Count | UnsetType | None = UNSET
    canary_minutes: Minutes | UnsetType = UNSET
    most_failed: Share | UnsetType = UNSET
    most_bounced: Share | UnsetType = UNSET
    most_complained: Share | UnsetType = UNSET
    most_unsubscribed: Share | UnsetType = UNSET
    brake_after: Count | UnsetType = UNSET


class NewCampaign(ChangedCampaign, forbid_unknown_fields=True, kw_only=True):
    """What is left out is as in the admin's form: a canary of 1 %, at once, to everybody."""

    name: Name
    type: str


class RunView(Struct, kw_only=True):
    """`people` and `audience` are estimates: held-out people are in `audience` only."""

    number: int
    state: str
    stage: str
    audience: int
    people: int
    visited: int
    sent: int
    failed: int
    waiting: int
    per_minute: int | None
    began_at: datetime
    ended_at: datetime | None
    stopped_by: str
    stopped_because: str
    winner: str | None


class VariantView(Struct):
    name: str
    template_id: str
    weight: int


class CampaignView(Struct, kw_only=True):
    """`run` is the newest one; null before the first. `approved_by`: a person of the admin."""

    id: int
    name: str
    description: str
    state: str
    service: str
    owner: str | None
    approved_by: str | None
    type: str
    variants: list[VariantView]
    segment: str | None
    channels: list[str]
    priority: str
    variables: dict[str, Any]
    starts: str
    on: date | None
    at: time | None
    zone: str
    if_past: str
    repeat: str
    repeat_until: date | None
    next_at: datetime | None
    per_minute: int | None
    finish_hours: float | None
    ttl_seconds: int | None
    expires_at: datetime | None
    hold_out_percent: float
    test_percent: float
    winner_by: str
    test_minutes: int
    canary_percent: float
    canary_people: int | None
    canary_minutes: int
    most_failed: float
    most_bounced: float
    most_complained: float
    most_unsubscribed: float
    brake_after: int
    created_at: datetime
    updated_at: datetime
    run: RunView | None


def columns(body: ChangedCampaign) -> dict[str, Any]:
    """Raises InvalidFields."""
    said = {n: v for n, v in structs.asdict(body).items() if v is not UNSET and n != "variants"}
    found = {**said, **dict(_looked_up(said))}
    for name in PERCENTS:
        if name in found:
            found[name] = Decimal(str(found[name]))
    if found.get("finish_hours") is not None:
        found["finish_hours"] = Decimal(str(found["finish_hours"]))
    if "channels" in found:
        found["channels"] = [channel.value for channel in dict.fromkeys(found["channels"])]
    if found.get("at") is not None:
        found["at"] = time.fromisoformat(found["at"])
    _check_times(found)
    return found


def wishes(body: ChangedCampaign) -> list[VariantWish] | None:
    """None: nothing was said of them. Raises InvalidFields."""
    if body.variants is UNSET:
        return None
    versions = find_versions({each.template_id for each in body.variants})
    found = []
    for index, each in enumerate(body.variants):
        version = versions.get(each.template_id)
        if version is None:
            text = f"No published template is called {each.template_id!r}."
            raise InvalidFields({f"variants[{index}].template_id": text})
        found.append(VariantWish(each.name, version.id, each.weight))
    return found


def campaign_view(row: Campaign, standing: Standing) -> CampaignView:
    own: dict[str, Any] = {name: getattr(row, name) for name in SAME}
    own |= {name: float(getattr(row, name)) for name in PERCENTS}
    return CampaignView(
        **own,
        service=row.service.slug,
        owner=row.owner.get_username() if row.owner else None,
        approved_by=row.approved_by.get_username() if row.approved_by else None,
        type=row.type.slug,
        segment=row.segment.slug if row.segment else None,
        finish_hours=None if row.finish_hours is None else float(row.finish_hours),
        variants=[
            VariantView(each.name, str(each.version), each.weight) for each in row.variants.all()
        ],
        run=run_view(standing),
    )


def run_view(standing: Standing) -> RunView | None:
    run = standing.run
    if run is None:
        return None
    return RunView(
        number=run.number,
        state=run.state,
        stage=run.get_stage_display(),
        audience=run.audience,
        people=standing.people,
        visited=standing.visited,
        sent=standing.sent,
        failed=standing.failed,
        waiting=standing.waiting,
        per_minute=run.per_minute,
        began_at=run.began_at,
        ended_at=run.ended_at,
        stopped_by=run.stopped_by,
        stopped_because=run.stopped_because,
        winner=run.winner.name if run.winner else None,
    )


ELSEWHERE = frozenset(
    {"service", "owner", "approved_by", "type", "segment", "finish_hours", "variants", "run"}
)
SAME: Sequence[str] = [
    name
    for name in CampaignView.__struct_fields__
    if name not in ELSEWHERE and name not in PERCENTS
]


def _looked_up(said: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Rows by their slugs. Raises InvalidFields."""
    if "type" in said:
        type_ = NotificationType.objects.filter(slug=said["type"], enabled=True).first()
        if type_ is None:
            raise InvalidFields({"type": f"No notification type is called {said['type']!r}."})
        yield "type", type_
    if said.get("segment") is not None:
        segment = Segment.objects.filter(slug=said["segment"]).first()
        if segment is None:
            raise InvalidFields({"segment": f"No segment is called {said['segment']!r}."})
        yield "segment", segment


def _check_times(found: Mapping[str, Any]) -> None:
    """Raises InvalidFields."""
    expires_at = found.get("expires_at")
    if expires_at is not None and expires_at.tzinfo is None:
        raise InvalidFields({"expires_at": "Needs a zone: 2026-11-22T09:00:00+01:00 or …Z."})
    if found.get("zone"):
        _check_zone(found["zone"])


def _check_zone(name: str) -> None:
    if getattr(zone_of(name), "key", "UTC") != name:
        raise InvalidFields({"zone": "A zone looks like Europe/Berlin."})
