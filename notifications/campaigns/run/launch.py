"""From a campaign to a run of it: seed, arms, and the slices of its audience. No row a person."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction

from channels.base import Lane
from notifications.accept.draft import Draft
from notifications.accept.write import insert_notifications
from notifications.campaigns.models import Arm, Campaign, Run, Slice, Variant
from notifications.campaigns.plan import audience
from notifications.campaigns.plan.check import check, check_approval, draft_of, when_of
from notifications.campaigns.plan.hours import is_local, starts_by_zone
from notifications.campaigns.plan.write import check_seen
from notifications.campaigns.run import pace as pacing
from notifications.campaigns.run.due import feed_due
from notifications.campaigns.schedule import Starts, begins, instant
from notifications.campaigns.shares import (
    EVERYBODY,
    Range,
    Shares,
    Stage,
    canary_share,
    divide,
    shares,
)
from notifications.campaigns.states import CampaignState
from notifyproj.core.api.errors import InvalidFields
from preferences.facts.types import LANE_OF, catalogue

LAUNCHED = "It was launched already."
AFTER_THE_LAST = timedelta(minutes=1)
READY = timedelta(minutes=2)  # before the first zone's hour: enough to write its slices

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


def campaign_launch(*, campaign: Campaign, now: datetime) -> Run | None:
    """At once, or None: it is scheduled. Raises InvalidFields."""
    check(campaign, now)
    check_approval(campaign)
    at = first_at(campaign)
    if at is None or at <= now:
        run = run_begin(campaign=campaign, now=now)
        feed_due()
        return run
    drafts = Campaign.objects.filter(pk=campaign.pk, state=CampaignState.DRAFT)
    if not drafts.update(state=CampaignState.SCHEDULED, next_at=at, updated_at=now):
        raise InvalidFields({"state": LAUNCHED}, "launched", 409)
    campaign.refresh_from_db()
    return None


def campaign_unschedule(*, campaign: Campaign) -> None:
    """Back to a draft, before its first run began. Raises InvalidFields."""
    waiting = Campaign.objects.filter(pk=campaign.pk, state=CampaignState.SCHEDULED, runs_begun=0)
    if not waiting.update(state=CampaignState.DRAFT, next_at=None):
        raise InvalidFields({"state": "It has begun already."}, "launched", 409)
    campaign.refresh_from_db()


def first_at(campaign: Campaign) -> datetime | None:
    """When a run of it has to begin; None: now."""
    when = when_of(campaign)
    if when.starts == Starts.NOW:
        return None
    if when.starts == Starts.AT:
        return instant(when)
    return begins(when) - _lead(campaign) - READY


def run_begin(*, campaign: Campaign, now: datetime) -> Run:
    """Raises InvalidFields, also when another process was faster."""
    plan = _plan(campaign, now)
    with transaction.atomic():
        number = _take(campaign, now)
        run = _write_run(plan, number)
        _write_arms(plan, run)
        Slice.objects.bulk_create(_slices(plan, run), batch_size=1_000)
    campaign.refresh_from_db()
    return run


def _take(campaign: Campaign, now: datetime) -> int:
    """Of all who try, one gets it; answers the number of the run."""
    row = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if row.state not in (CampaignState.DRAFT, CampaignState.SCHEDULED):
        raise InvalidFields({"state": LAUNCHED}, "launched", 409)
    check_seen(row, campaign.updated_at)
    row.state, row.next_at, row.runs_begun = CampaignState.RUNNING, None, row.runs_begun + 1
    row.save(update_fields=["state", "next_at", "runs_begun", "updated_at"])
    return row.runs_begun


def _plan(campaign: Campaign, now: datetime) -> Plan:
    check(campaign, now)
    variants = list(campaign.variants.select_related("version__template"))
    about = audience.about(audience.everybody_of(campaign, now))
    zones = starts_by_zone(campaign, now) if is_local(campaign) else {}
    return Plan(
        campaign=campaign,
        variants=variants,
        drafts=[draft_of(campaign, variant, now) for variant in variants],
        shares=shares_of(campaign, about),
        audience=about,
        zones={zone: at for zone, at in zones.items() if at is not None},
        skipped=_skipped(campaign, [zone for zone, at in zones.items() if at is None], now),
        now=now,
    )


def _skipped(campaign: Campaign, zones: Sequence[str], now: datetime) -> Skipped:
    if not zones:
        return Skipped()
    walk = audience.everybody_of(campaign, now)._replace(zones=zones)
    return Skipped(zones, audience.about(walk))


def shares_of(campaign: Campaign, about: int) -> Shares:
    """A canary that would be nobody is left out: it would only be waited for."""
    canary = float(campaign.canary_percent) / 100
    if canary * about < 1:
        canary = 0.0
    test, hold_out = float(campaign.test_percent) / 100, float(campaign.hold_out_percent) / 100
    if campaign.canary_people:
        canary = canary_share(campaign.canary_people, about)
    return shares(max(0.0, min(canary, 1 - test - hold_out)), test, hold_out)


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
    return max(plan.now, min(plan.zones.values()) - _lead(plan.campaign))


def _lead(campaign: Campaign) -> timedelta:
    """By their own clock, the few who come first are asked before the hour, not the many after."""
    has_canary = campaign.canary_people or campaign.canary_percent
    return wait_after(campaign, Stage.CANARY) if is_local(campaign) and has_canary else timedelta()


def _write_arms(plan: Plan, run: Run) -> None:
    insert_notifications(plan.campaign.service_id, [(d, False) for d in plan.drafts], plan.now)
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
        lead = _lead(plan.campaign) if stage == Stage.CANARY else timedelta()
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
