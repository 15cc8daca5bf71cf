"""By each person's own clock: which zones' hour has passed, and what becomes of those people."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from notifications.campaigns.models import Campaign
from notifications.campaigns.plan import audience
from notifications.campaigns.plan.check import when_of
from notifications.campaigns.schedule import (
    IfPast,
    Repeat,
    Starts,
    by_zone,
    late_start,
    passed,
)
from notifications.campaigns.states import CampaignState

GRACE = timedelta(minutes=15)  # a scheduled one begins so late when Beat was down
# One that recurs begins when the run before it is over. Where people live 24 hours apart and more
# (Auckland in summer and Pago Pago; 26 at most), the first have had their hour by then.
OVERLAP = timedelta(hours=3)


def is_local(campaign: Campaign) -> bool:
    return campaign.starts == Starts.LOCAL


def starts_by_zone(campaign: Campaign, now: datetime) -> dict[str, datetime | None]:
    """When it is for each zone somebody is in; None: their hour has passed, and
    they are left out."""
    when, zones = when_of(campaign), audience.zones()
    late = set(passed_zones(campaign, zones, now))
    return {
        zone: late_start(when, zone, if_past(campaign), now) if zone in late else at
        for zone, at in by_zone(when, zones).items()
    }


def passed_zones(campaign: Campaign, zones: Sequence[str], now: datetime) -> list[str]:
    """One that was scheduled in time and is begun a little late is not late for anybody."""
    return passed(when_of(campaign), zones, now - _grace(campaign))


def _grace(campaign: Campaign) -> timedelta:
    if campaign.state != CampaignState.SCHEDULED:
        return timedelta()
    return OVERLAP if campaign.repeat and campaign.runs_begun else GRACE


def if_past(campaign: Campaign) -> IfPast:
    """Of one that recurs every day, the next day's run is the one that reaches them."""
    chosen = IfPast(campaign.if_past)
    daily = campaign.repeat == Repeat.DAILY
    return IfPast.SKIP if daily and chosen == IfPast.NEXT_DAY else chosen
