"""A run as rows: itself, its arms (a notification each), and the slices of its audience. No row a
person.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection

from channels.base import Lane
from notifications.accept.draft import Draft
from notifications.accept.write import insert_notifications
from notifications.campaigns.models import Arm, Campaign, Run, Slice, Variant
from notifications.campaigns.plan.hours import is_local
from notifications.campaigns.run import pace as pacing
from notifications.campaigns.shares import EVERYBODY, Range, Shares, Stage, divide
from preferences.facts.types import LANE_OF, catalogue

AFTER_THE_LAST = timedelta(minutes=1)

# Their audience is walked by slices, not by the resolver of broadcasts.
LEAVE_ALONE = "UPDATE notification SET due_at = NULL WHERE id = ANY(%s::uuid[])"


class Skipped(NamedTuple):
    """Who gets nothing, as their hour has passed."""

    zones: Sequence[str] = ()
    people: int = 0  # about


class Plan(NamedTuple):
    """A run before it is written."""

    campaign: Campaign
    variants: Sequence[Variant]
    drafts: Sequence[Draft]
    shares: Shares
    audience: int
    zones: Mapping[str, datetime]  # only where the hour is each person's own
    skipped: Skipped
    now: datetime


def run_write(plan: Plan, number: int) -> Run:
    """In the caller's transaction."""
    run = _write_run(plan, number)
    _write_arms(plan, run)
    Slice.objects.bulk_create(_slices(plan, run), batch_size=1_000)
    return run


def _write_run(plan: Plan, number: int) -> Run:
    campaign, first = plan.campaign, min(plan.shares.stages)
    return Run.objects.create(
        campaign=campaign,
        number=number,
        stage=first,
        seed=secrets.randbits(62),
        lane=_lane(campaign),
        rules=campaign.segment.rules if campaign.segment else None,
        audience=plan.audience,
        skipped_zones=list(plan.skipped.zones),
        skipped=plan.skipped.people,
        began_at=plan.now,
        gate_at=_first_start(plan) + wait_after(campaign, first),
        per_minute=per_minute(campaign, plan.audience, plan.now),
        paced_since=plan.now,
        expires_at=campaign.expires_at,
    )


def _lane(campaign: Campaign) -> Lane:
    type_ = catalogue.get().by_slug[campaign.type.slug]
    return max(LANE_OF[campaign.priority], type_.max_lane)


def per_minute(campaign: Campaign, left: int, now: datetime) -> int | None:
    if campaign.finish_hours is None:
        return campaign.per_minute
    by = now + timedelta(hours=float(campaign.finish_hours))
    return pacing.rate_to_finish(left, now, by)


def wait_after(campaign: Campaign, stage: Stage) -> timedelta:
    """How long is looked at a stage before the next one begins."""
    minutes = {Stage.CANARY: campaign.canary_minutes, Stage.TEST: campaign.test_minutes}
    return timedelta(minutes=minutes.get(stage, 0))


def _first_start(plan: Plan) -> datetime:
    if not plan.zones:
        return plan.now
    return max(plan.now, min(plan.zones.values()) - lead_of(plan.campaign))


def lead_of(campaign: Campaign) -> timedelta:
    """By their own clock, the few who come first are asked before the hour, not the many after."""
    has_canary = campaign.canary_people or campaign.canary_percent
    return wait_after(campaign, Stage.CANARY) if is_local(campaign) and has_canary else timedelta()


def _write_arms(plan: Plan, run: Run) -> None:
    insert_notifications([(item, False) for item in plan.drafts], plan.now)
    with connection.cursor() as cursor:
        cursor.execute(LEAVE_ALONE, [[str(item.id) for item in plan.drafts]])
    ranges = divide([variant.weight for variant in plan.variants])
    Arm.objects.bulk_create(
        Arm(
            run=run,
            variant=variant,
            notification_id=item.id,
            content_hash=item.content_hash,
            low=range_.low,
            high=range_.high,
        )
        for variant, item, range_ in zip(plan.variants, plan.drafts, ranges, strict=True)
    )


def _slices(plan: Plan, run: Run) -> Iterator[Slice]:
    """Those behind a gate are due when it opens."""
    for stage, range_ in plan.shares.stages.items():
        if not plan.zones:
            yield _slice(run, stage, range_, plan.now)
        lead = lead_of(plan.campaign) if stage == Stage.CANARY else timedelta()
        for zone, at in plan.zones.items():
            yield _slice(run, stage, range_, at - lead, zone=zone)
    if plan.zones:  # who was on the way from one zone to another, or new, while it went round
        last = max(plan.zones.values()) + AFTER_THE_LAST
        everybody = Range(EVERYBODY.low, plan.shares.held_out.low)
        yield _slice(run, Stage.REST, everybody, last, moved=True)


def _slice(
    run: Run,
    stage: Stage,
    range_: Range,
    at: datetime,
    *,
    zone: str | None = None,
    moved: bool = False,
) -> Slice:
    open_ = stage <= run.stage
    return Slice(
        run=run,
        stage=stage,
        zone=zone,
        moved=moved,
        low=range_.low,
        high=range_.high,
        starts_at=at,
        due_at=at if open_ else None,
    )
