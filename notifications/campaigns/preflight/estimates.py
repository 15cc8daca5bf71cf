"""When a run would be over, by the rates that hold now. Estimates, and said so."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from channels.accounts.routes import OWN, routes
from channels.base import Lane
from notifications.campaigns.models import Campaign
from notifications.campaigns.plan.check import when_of
from notifications.campaigns.run.launch import first_at, shares_of
from notifications.campaigns.run.rows import wait_after
from notifications.campaigns.schedule import Starts, ends, instant
from notifications.dispatch.dispatch import rate
from notifications.queues import delivery_queue

USUAL = 2_000.0  # deliveries a second where nothing has been measured and no account has a limit


class Speed(NamedTuple):
    """What bounds a channel, in deliveries a second."""

    channel: str
    per_second: float
    by: str


def speed_of(channel: str, lane: Lane) -> Speed:
    """By its accounts' rates together; else by what the platform did lately."""
    usable = [
        route
        for route in routes.get().by_id.values()
        if route.account.channel.value == channel and route.usable
    ]
    if not usable and channel not in {own.value for own in OWN}:
        return Speed(channel, 0.0, "no provider account can send now")
    rates = [route.rate_now or float(route.account.rate_per_second) for route in usable]
    if rates and all(rates):
        return Speed(channel, sum(rates), "provider account rate")
    measured = float(rate(delivery_queue(channel, lane)))
    if measured > USUAL:
        return Speed(channel, measured, "recent throughput")
    return Speed(channel, USUAL, "typical throughput")


def ends_at(
    campaign: Campaign,
    people: int,
    messages: Mapping[str, int],
    late: datetime | None,
    now: datetime,
) -> tuple[datetime, datetime | None, tuple[Speed, ...]]:
    """(begins, ends or None if it cannot, what bounds it). `late`: when those begin for whom the
    hour had passed."""
    lane = Lane.URGENT if campaign.priority == campaign.Priority.HIGH else Lane.BULK
    speeds = tuple(speed_of(channel, lane) for channel in messages)
    begins = max(now, first_at(campaign) or now)
    if any(each.per_second == 0 and messages[each.channel] for each in speeds):
        return begins, None, speeds
    seconds = [messages[each.channel] / each.per_second for each in speeds if each.per_second]
    if campaign.per_minute:
        seconds.append(people / campaign.per_minute * 60)
    if campaign.finish_hours:
        seconds.append(float(campaign.finish_hours) * 3600)
    lasts = timedelta(seconds=max(seconds, default=0.0))
    last = max(_last_start(campaign, begins, people), late or now)
    return begins, last + lasts, speeds


def _last_start(campaign: Campaign, begins: datetime, people: int) -> datetime:
    when = when_of(campaign)
    if when.starts == Starts.LOCAL:
        return ends(when)
    if when.starts == Starts.AT:
        begins = max(begins, instant(when))
    stages = list(shares_of(campaign, people).stages)[:-1]
    return begins + sum((wait_after(campaign, stage) for stage in stages), timedelta())
