"""What the API returns about campaigns."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Annotated, Any

from msgspec import UNSET, Struct, UnsetType

from notifications.campaigns.api.schemas import COLUMN_OF, PERCENTS
from notifications.campaigns.models import Campaign
from notifications.campaigns.report.state_counts import Standing
from notifyproj.core.api.former_names import Renamed, former_name, former_names


class RunView(Struct, kw_only=True):
    """`people` and `audience` are estimates; `audience` includes the control group."""

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


class CampaignView(Renamed, kw_only=True):
    """`run`: the latest one, null before the first. `approved_by`: a user of the admin."""

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
    auto_pause_min_sample: int
    brake_after: Annotated[int | UnsetType, former_name("auto_pause_min_sample")] = UNSET
    created_at: datetime
    updated_at: datetime
    run: RunView | None


def campaign_view(row: Campaign, standing: Standing) -> CampaignView:
    own: dict[str, Any] = {name: getattr(row, COLUMN_OF.get(name, name)) for name in SAME}
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
).union(former_names(CampaignView))
SAME: Sequence[str] = [
    name
    for name in CampaignView.__struct_fields__
    if name not in ELSEWHERE and name not in PERCENTS
]
