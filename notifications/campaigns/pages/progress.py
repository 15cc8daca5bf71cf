"""The page of a campaign that was launched: how it goes, what it waits for, what can be done."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import NoReverseMatch, reverse

from notifications.campaigns.models import Campaign, Run
from notifications.campaigns.pages import labels
from notifications.campaigns.pages.base import SEE, campaign_of, needs, page, to
from notifications.campaigns.report.progress import ArmProgress, Progress, progress
from notifications.campaigns.report.runs import run_of
from notifications.campaigns.run.stalls import Reason
from notifications.campaigns.states import OPEN_RUNS, CampaignState, RunState
from notifyproj.core.clock import now
from notifyproj.core.humanize import span

RUNS_SHOWN = 20
# What somebody has to look at; the others are as they should be.
TROUBLE = frozenset(
    {"paused", "no_tick", "no_resolver", "no_worker", "account", "some_accounts", "type_removed"}
)


@needs(SEE)
def running(request: HttpRequest, object_id: str) -> HttpResponse:
    campaign = campaign_of(object_id)
    if campaign.state == CampaignState.DRAFT and not campaign.runs_begun:
        return to("change", campaign)
    run = run_of(campaign, request.GET.get("run"))
    found = progress(run, now()) if run else None
    return page(
        request,
        "running",
        campaign,
        campaign.name,
        run=run,
        found=found,
        live=live(campaign, found, now()) if found else None,
        arms=[(arm, list(cells(arm))) for arm in found.arms] if found else [],
        runs=campaign.runs.order_by("-number")[:RUNS_SHOWN],
        open=run is not None and run.state in OPEN_RUNS,
        newest=run is None or run.number == campaign.runs_begun,
        tone=labels.TONES[campaign.state],
        when=labels.when(campaign),
        scheduled=campaign.state == CampaignState.SCHEDULED,
    )


@needs(SEE)
def as_json(request: HttpRequest, object_id: str) -> HttpResponse:
    """What changes on that page; asked for every two seconds while somebody looks."""
    campaign = campaign_of(object_id)
    run = run_of(campaign, request.GET.get("run"))
    if run is None:
        return JsonResponse({"state": campaign.state})
    return JsonResponse(live(campaign, progress(run, now()), now()))


def live(campaign: Campaign, found: Progress, at: datetime) -> dict[str, Any]:
    """`texts` are shown as they are, each at its place; a page with another `state` is another."""
    return {
        "state": f"{campaign.state} {found.run.state} {found.run.stage}",
        "share": round(found.share, 1),
        "texts": {**dict(_texts(found, at)), **dict(_of_arms(found))},
        "reasons": [_reason(each) for each in found.reasons],
        "at": at.timestamp(),
        "visited": found.visited,
    }


def _texts(found: Progress, at: datetime) -> Iterator[tuple[str, str]]:
    run, law = found.run, found.figures.law()
    yield "visited", f"{found.visited:,}"
    yield "people", f"of about {labels.people(found.people)}"
    yield "sent", f"{law.sent:,}"
    yield "waiting", f"{law.waiting:,}"
    yield "skipped", f"{law.skipped:,}"
    yield "failed", f"{law.failed + law.uncertain + law.expired:,}"
    yield "bounced", f"{found.figures.bounced + found.figures.undelivered:,}"
    yield "complained", f"{found.figures.complained:,}"
    yield "unsubscribed", f"{found.figures.unsubscribed:,}"
    yield "stage", _stage(run, at)
    yield "speed", _speed(found)
    yield "end", _end(found, at)


def _stage(run: Run, at: datetime) -> str:
    ended = {
        RunState.PAUSED: "Paused: nothing is being sent",
        RunState.FINISHED: "Finished: everyone is processed, and every message has a result",
        RunState.CANCELLED: "Cancelled",
    }
    return ended.get(RunState(run.state)) or labels.headline(run, at)


def _speed(found: Progress) -> str:
    if found.run.state != RunState.RUNNING or found.per_minute is None:
        return ""
    return f"{labels.people(found.per_minute)} per minute"


def _end(found: Progress, at: datetime) -> str:
    run = found.run
    if run.ended_at is not None:
        return f"ended {labels.instant(run.ended_at)}"
    if run.state == RunState.PAUSED or found.visited >= found.people:
        return ""
    if found.ends_at is None:
        return "No estimate yet"
    left = max(0.0, (found.ends_at - at).total_seconds())
    return f"done in about {span(round(left))}, at {found.ends_at:%H:%M} UTC"


def _of_arms(found: Progress) -> Iterator[tuple[str, str]]:
    for arm in found.arms:
        for name, value in cells(arm):
            yield f"arm-{arm.id}-{name}", value


def cells(arm: ArmProgress) -> Iterator[tuple[str, str]]:
    funnel, law = arm.figures.funnel(), arm.figures.law()
    yield "sent", f"{funnel.sent:,}"
    yield "delivered", f"{funnel.delivered:,}"
    yield "opened", _with_share(funnel.opened, funnel.sent)
    yield "clicked", _with_share(funnel.clicked, funnel.sent)
    yield "failed", f"{law.failed + law.uncertain:,}"
    yield "unsubscribed", f"{arm.figures.unsubscribed:,}"


def _with_share(n: int, of: int) -> str:
    return f"{n:,} ({n / of:.1%})" if of else f"{n:,}"


def _reason(reason: Reason) -> dict[str, Any]:
    trouble = reason.code in TROUBLE
    return {"text": reason.text, "trouble": trouble, "url": _url(reason.page)}


def _url(names: tuple[str, ...]) -> str:
    if not names:
        return ""
    try:
        return reverse(names[0], args=names[1:])
    except NoReverseMatch:
        return ""
