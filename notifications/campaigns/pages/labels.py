"""Campaigns in words: how they stand, when they go, what a launch will do. No database."""

from datetime import datetime

from notifications.campaigns.models import Campaign, Run
from notifications.campaigns.preflight.preflight import Preflight
from notifications.campaigns.run.launch import shares_of
from notifications.campaigns.schedule import Repeat, Starts
from notifications.campaigns.shares import Stage
from notifications.campaigns.states import CampaignState
from notifyproj.core.humanize import span

TONES: dict[str, str] = {
    CampaignState.DRAFT: "none",
    CampaignState.SCHEDULED: "busy",
    CampaignState.RUNNING: "busy",
    CampaignState.PAUSED: "warn",
    CampaignState.FINISHED: "good",
    CampaignState.CANCELLED: "none",
}
EVERY: dict[str, str] = {
    Repeat.DAILY: "every day",
    Repeat.WEEKLY: "every week",
    Repeat.MONTHLY: "every month",
}
STAGE_WORDS = {
    Stage.CANARY: "Sending the canary",
    Stage.TEST: "Testing the variants",
    Stage.REST: "Sending to everyone",
}
LOOKED_AT = {
    Stage.CANARY: "Canary sent, monitored until",
    Stage.TEST: "Variants sent, compared until",
}


def people(n: float) -> str:
    return "1 person" if round(n) == 1 else f"{n:,.0f} people"


def messages(n: int) -> str:
    return "1 message" if n == 1 else f"{n:,} messages"


def instant(at: datetime) -> str:
    return f"{at:%d %b %Y, %H:%M} UTC"


def when(campaign: Campaign) -> str:
    """`27 Nov 2026, 09:00 in the recipient's local time, every week`."""
    if campaign.starts == Starts.NOW or campaign.on is None or campaign.at is None:
        return "on launch"
    day = campaign.next_on or campaign.on
    clock = (
        "in the recipient's local time"
        if campaign.starts == Starts.LOCAL
        else campaign.zone or "UTC"
    )
    parts = f"{day:%d %b %Y}, {campaign.at:%H:%M} {clock}"
    return ", ".join(filter(None, (parts, EVERY.get(campaign.repeat, ""))))


def launch(campaign: Campaign, audience: int, reached: int) -> str:
    """What the button does: `Send to about 412,300 people, 1 % first, …`. `reached`: those who
    would get something."""
    parts = [f"Send to about {people(reached)}"]
    if campaign.starts != Starts.NOW:
        parts = [f"Schedule for {when(campaign)}: about {people(reached)}"]
    first = canary(campaign)
    if first and Stage.CANARY in shares_of(campaign, audience).stages:
        wait = span(campaign.canary_minutes * 60)
        parts.append(f"{first} first, the rest {wait} later")
    if campaign.test_percent:
        share = percent(float(campaign.test_percent))
        parts.append(f"A/B test with {share}, the winner to the rest")
    return ", ".join(parts)


def canary(campaign: Campaign) -> str:
    if campaign.canary_people:
        return people(campaign.canary_people)
    share = float(campaign.canary_percent)
    return percent(share) if share else ""


def percent(share: float) -> str:
    """`12 %`, `0.3 %`."""
    return f"{share:.3f}".rstrip("0").rstrip(".") + " %"


def cost(found: Preflight) -> str:
    return "unknown" if found.cost is None else f"{found.cost:,.2f}"


def headline(run: Run, now: datetime) -> str:
    """`Canary sent, monitored until 09:10 UTC`."""
    stage = Stage(run.stage)
    if stage in LOOKED_AT and run.gate_at is not None and run.gate_at > now:
        until = run.gate_at if run.gate_at.date() != now.date() else None
        clock = f"{until:%d %b %H:%M}" if until else f"{run.gate_at:%H:%M}"
        return f"{LOOKED_AT[stage]} {clock} UTC"
    return STAGE_WORDS[stage]
