"""What the API accepts about campaigns, and how it becomes columns."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, structs

from channels.base import Channel
from notifications.campaigns.plan.write import VariantFields
from notifications.segments.models import Segment
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.api.former_names import Renamed, former_name, former_names
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
COLUMN_OF = {"auto_pause_min_sample": "brake_after"}
UTC_OFFSET = "`expires_at` must have a UTC offset: 2026-11-22T09:00:00+01:00 or …Z."


class VariantBody(Struct, forbid_unknown_fields=True):
    """`template_id`: a version, such as `offers-v3`, or a template, for its latest version."""

    template_id: Annotated[str, Meta(max_length=120)]
    name: Annotated[str, Meta(min_length=1, max_length=40)] = "A"
    weight: Annotated[int, Meta(ge=1, le=1000)] = 1


Variants = Annotated[list[VariantBody], Meta(max_length=10)]


class ChangedCampaign(Renamed, forbid_unknown_fields=True, kw_only=True):
    """Fields that are left out stay unchanged. `segment` null: everybody."""

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
    auto_pause_min_sample: Count | UnsetType = UNSET
    brake_after: Annotated[Count | UnsetType, former_name("auto_pause_min_sample")] = UNSET


class NewCampaign(ChangedCampaign, forbid_unknown_fields=True, kw_only=True):
    """Defaults: a canary of 1 %, sent immediately, to everybody."""

    name: Name
    type: str


def columns(body: ChangedCampaign) -> dict[str, Any]:
    """Raises InvalidFields."""
    skipped = {"variants", *former_names(type(body))}
    given = structs.asdict(body).items()
    said = {COLUMN_OF.get(n, n): v for n, v in given if v is not UNSET and n not in skipped}
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


def variants_of(body: ChangedCampaign) -> list[VariantFields] | None:
    """None: nothing was said of them. Raises InvalidFields."""
    if body.variants is UNSET:
        return None
    versions = find_versions({each.template_id for each in body.variants})
    found = []
    for index, each in enumerate(body.variants):
        version = versions.get(each.template_id)
        if version is None:
            text = f"Published template {each.template_id!r} not found."
            raise InvalidFields({f"variants[{index}].template_id": text})
        found.append(VariantFields(each.name, version.id, each.weight))
    return found


def _looked_up(said: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Rows by their slugs. Raises InvalidFields."""
    if "type" in said:
        type_ = NotificationType.objects.filter(slug=said["type"], enabled=True).first()
        if type_ is None:
            raise InvalidFields({"type": f"Notification type {said['type']!r} not found."})
        yield "type", type_
    if said.get("segment") is not None:
        segment = Segment.objects.filter(slug=said["segment"]).first()
        if segment is None:
            raise InvalidFields({"segment": f"Segment {said['segment']!r} not found."})
        yield "segment", segment


def _check_times(found: Mapping[str, Any]) -> None:
    """Raises InvalidFields."""
    expires_at = found.get("expires_at")
    if expires_at is not None and expires_at.tzinfo is None:
        raise InvalidFields({"expires_at": UTC_OFFSET})
    if found.get("zone"):
        _check_zone(found["zone"])


def _check_zone(name: str) -> None:
    if getattr(zone_of(name), "key", "UTC") != name:
        raise InvalidFields({"zone": "`zone` must be an IANA time zone, such as Europe/Berlin."})
