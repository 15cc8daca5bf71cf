"""What somebody has to have seen before a launch, with numbers; each has a code.

A code names its kind and what it is about, so that what was acknowledged of one variant or channel
does not stand for another.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from notifications.campaigns.models import Campaign
from notifications.campaigns.plan import audience
from notifications.campaigns.plan.check import when_of
from notifications.campaigns.plan.hours import if_past, is_local, passed_zones
from notifications.campaigns.preflight.sample import Sample, lacking_text
from notifications.campaigns.preflight.values import Concern
from notifications.campaigns.run.launch import shares_of
from notifications.campaigns.schedule import IfPast, Repeat, late_start
from notifications.campaigns.shares import PLACES, Shares, Stage

KINDS = (
    HOUR_PASSED := "hour_passed",
    UNRENDERED := "unrendered",  # unrendered:<variant>:<channel>
    CHANNEL_DROPPED := "channel_dropped",  # channel_dropped:<channel>
    CANARY_NOBODY := "canary_nobody",
    CANARY_EVERYBODY := "canary_everybody",
)
ZONES_NAMED = 5
FEW = 5  # people of whom by chance there may be none


class Late(NamedTuple):
    """Those whose hour has passed."""

    zones: Sequence[str] = ()
    people: int = 0
    left_out: bool = False
    last_start: datetime | None = None  # of those who get it another day

    @property
    def skipped(self) -> int:
        return self.people if self.left_out else 0


def late_people(campaign: Campaign, walk: audience.Walk, now: datetime) -> Late:
    zones = passed_zones(campaign, audience.zones(), now) if is_local(campaign) else []
    if not zones:
        return Late()
    people = audience.about(walk._replace(zones=zones))
    if not people:
        return Late()
    when, past = when_of(campaign), if_past(campaign)
    starts = [at for zone in zones if (at := late_start(when, zone, past, now)) is not None]
    return Late(zones, people, past == IfPast.SKIP, max(starts, default=None))


def concerns(
    campaign: Campaign, about: int, late: Late, seen: Sample, scale: float
) -> tuple[Concern, ...]:
    return (
        *_hour_passed(campaign, late),
        *_unrendered(seen, scale),
        *_channel_dropped(seen, scale),
        *_canary(campaign, about),
    )


def _hour_passed(campaign: Campaign, late: Late) -> Iterator[Concern]:
    if not late.people:
        return
    past, when = if_past(campaign), when_of(campaign)
    then = {
        IfPast.NEXT_DAY: "They get it the next day at that time",
        IfPast.SKIP: "They get nothing",
        IfPast.NOW: "They get it immediately on launch",
    }[past]
    if past == IfPast.SKIP and campaign.repeat == Repeat.DAILY:
        then = "They are skipped in this run and get the next day's"
    end = campaign.expires_at
    if end is not None and late.last_start is not None and late.last_start >= end:
        late_for = f"after the campaign's end ({end:%d %b %H:%M} UTC)"
        then = f"{then}, which for some is {late_for}: they get nothing"
    clock = f"{when.at:%H:%M} on {when.on:%d %b}" if when.at and when.on else "The start time"
    text = f"{clock} has passed for about {_people(late.people)} ({_named(late.zones)}). {then}."
    yield Concern(HOUR_PASSED, text, late.people)


def _named(zones: Sequence[str]) -> str:
    shown = [zone or "time zone unknown" for zone in sorted(zones)[:ZONES_NAMED]]
    more = len(zones) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _unrendered(seen: Sample, scale: float) -> Iterator[Concern]:
    for variant, channel, people in seen.not_written(scale):
        text = (
            f"Variant {variant} cannot be rendered for {channel} for about {_people(people)}: they"
            f" get nothing by {channel}."
        )
        yield Concern(f"{UNRENDERED}:{variant}:{channel}", text, people)


def _channel_dropped(seen: Sample, scale: float) -> Iterator[Concern]:
    for channel, variants, people in seen.lost_channels(scale):
        text = (
            f"Nothing is sent by {channel}, which would reach about {_people(people)}:"
            f" {lacking_text(variants)}."
        )
        yield Concern(f"{CHANNEL_DROPPED}:{channel}", text, people)


def _canary(campaign: Campaign, about: int) -> Iterator[Concern]:
    if not about or not (campaign.canary_people or campaign.canary_percent):
        return
    found = shares_of(campaign, about)
    if Stage.CANARY not in found.stages:
        why = f"The canary is empty: {_canary_text(campaign)} of about {_people(about)}"
        if float(campaign.test_percent + campaign.hold_out_percent) >= 100:
            why = "The canary is empty: the test and the control group are the whole audience"
        yield Concern(
            CANARY_NOBODY,
            f"{why}. The campaign is sent without one.",
            about - _held_out(found, about),
        )
    elif len(found.stages) == 1:
        text = "The canary is the whole audience: nobody is left to wait for it."
        yield Concern(CANARY_EVERYBODY, text, about - _held_out(found, about))


def canary_warning(campaign: Campaign, about: int) -> Iterator[str]:
    first = shares_of(campaign, about).stages.get(Stage.CANARY)
    expected = (first.high - first.low) * about / PLACES if first else 0
    if 1 <= expected < FEW:
        yield f"The canary is about {_people(round(expected))}, and may by chance be empty."


def _held_out(found: Shares, about: int) -> int:
    return round(found.held_out.share * about)


def _canary_text(campaign: Campaign) -> str:
    share = f"{float(campaign.canary_percent):.3f}".rstrip("0").rstrip(".")
    return _people(campaign.canary_people) if campaign.canary_people else f"{share} %"


def _people(n: int) -> str:
    return "1 person" if n == 1 else f"{n:,} people"
