"""From a campaign to a run of it: when it begins, for whom, and that it begins once."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from notifications.campaigns.models import Campaign, Run
from notifications.campaigns.plan import audience
from notifications.campaigns.plan.check import check, check_approval, draft_of, when_of
from notifications.campaigns.plan.hours import is_local, starts_by_zone
from notifications.campaigns.plan.write import check_seen
from notifications.campaigns.run.due import feed_due
from notifications.campaigns.run.rows import Plan, Skipped, lead_of, run_write
from notifications.campaigns.schedule import Starts, begins, instant
from notifications.campaigns.shares import (
    Shares,
    canary_share,
    shares,
)
from notifications.campaigns.states import CampaignState
from notifyproj.core.api.errors import InvalidFields

LAUNCHED = "It was already launched."
READY = timedelta(minutes=2)  # before the first zone's hour: enough to write its slices


def campaign_launch(*, campaign: Campaign, now: datetime) -> Run | None:
    """Launches the campaign and returns its run; None where it is scheduled. Raises
    InvalidFields."""
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
        raise InvalidFields({"state": "It has already started."}, "launched", 409)
    campaign.refresh_from_db()


def first_at(campaign: Campaign) -> datetime | None:
    """When a run of it has to begin; None: now."""
    when = when_of(campaign)
    if when.starts == Starts.NOW:
        return None
    if when.starts == Starts.AT:
        return instant(when)
    return begins(when) - lead_of(campaign) - READY


def run_begin(*, campaign: Campaign, now: datetime) -> Run:
    """Raises InvalidFields, also when another process was faster."""
    plan = _plan(campaign, now)
    with transaction.atomic():
        number = _take(campaign, now)
        run = run_write(plan, number)
    campaign.refresh_from_db()
    return run


def _take(campaign: Campaign, now: datetime) -> int:
    """Of all who try, one gets it; returns the number of the run."""
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
