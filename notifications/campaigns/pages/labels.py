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
    Stage.CANARY: "The canary goes out",
    Stage.TEST: "The variants are tested",
    Stage.REST: "Everybody gets it",
}
LOOKED_AT = {
    Stage.CANARY: "The canary is out, and looked at until",
    Stage.TEST: "The variants are out, and compared until",
}


def people(n: float) -> str:
    return "1 person" if round(n) == 1 else f"{n:,.0f} people"


def messages(n: int) -> str:
    return "1 message" if n == 1 else f"{n:,} messages"


def instant(at: datetime) -> str:
    return f"{at:%d %b %Y, %H:%M} UTC"


def when(campaign: Campaign) -> str:
    """`27 Nov 2026, 09:00 by each person's clock, every week`."""
    if campaign.starts == Starts.NOW or campaign.on is None or campaign.at is None:
        return "when it is launched"
    day = campaign.next_on or campaign.on
    clock = "by each person's clock" if campaign.starts == Starts.LOCAL else campaign.zone or "UTC"
    words = f"{day:%d %b %Y}, {campaign.at:%H:%M} {clock}"
    return ", ".join(filter(None, (words, EVERY.get(campaign.repeat, ""))))


def launch(campaign: Campaign, audience: int, reached: int) -> str:
    """What the button does: `Send to about 412,300 people, first to 1 %, …`. `reached`: those who
    would get something."""
    words = [f"Send to about {people(reached)}"]
    if campaign.starts != Starts.NOW:
        words = [f"Schedule for {when(campaign)}: about {people(reached)}"]
    first = canary(campaign)
    if first and Stage.CANARY in shares_of(campaign, audience).stages:
        wait = span(campaign.canary_minutes * 60)
        words.append(f"first to {first}, to the others {wait} later")
    if campaign.test_percent:
        share = percent(float(campaign.test_percent))
        words.append(f"the winner to the rest after a test with {share}")
    return ", ".join(words)


def canary(campaign: Campaign) -> str:
    if campaign.canary_people:
        return people(campaign.canary_people)
    share = float(campaign.canary_percent)
    return percent(share) if share else ""


def percent(share: float) -> str:
    """`12 %`, `0.3 %`."""
    return f"{share:.3f}".rstrip("0").rstrip(".") + " %"


def cost(found: Preflight) -> str:
    return "not known" if found.cost is None else f"{found.cost:,.2f}"


def headline(run: Run, now: datetime) -> str:
    """`The canary is out, and looked at until 09:10 UTC`."""
    stage = Stage(run.stage)
    if stage in LOOKED_AT and run.gate_at is not None and run.gate_at > now:
        until = run.gate_at if run.gate_at.date() != now.date() else None
        clock = f"{until:%d %b %H:%M}" if until else f"{run.gate_at:%H:%M}"
        return f"{LOOKED_AT[stage]} {clock} UTC"
    return STAGE_WORDS[stage]
