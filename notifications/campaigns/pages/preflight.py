"""The page before a launch: what it would do, found out while the page is looked at; and the acts
of launching, approving and trying it on oneself."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime

from notifications.campaigns.models import Campaign
from notifications.campaigns.pages import labels
from notifications.campaigns.pages.base import (
    APPROVE,
    LAUNCH,
    SEE,
    WRITE,
    May,
    campaign_of,
    complain,
    needs,
    note,
    page,
    to,
)
from notifications.campaigns.plan.hours import if_past
from notifications.campaigns.plan.write import (
    campaign_approve,
    campaign_change,
    check_seen,
    why_not_approve,
)
from notifications.campaigns.preflight.acknowledge import launch_acknowledged
from notifications.campaigns.preflight.preflight import preflight
from notifications.campaigns.preflight.send_test import try_on
from notifications.campaigns.preflight.values import Preflight
from notifications.campaigns.run.launch import campaign_unschedule
from notifications.campaigns.schedule import IfPast, Repeat, Starts
from notifications.campaigns.states import CampaignState
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.clock import now

TEST_PERSON = "campaigns_test_person"  # remembered in the session


@needs(SEE)
def before_launch(request: HttpRequest, object_id: str) -> HttpResponse:
    """`whole`: with the result in it, where no script loads that."""
    campaign = campaign_of(object_id)
    if campaign.state != CampaignState.DRAFT:
        return to("progress", campaign)
    found = _found(request, campaign) if "whole" in request.GET else {}
    return page(
        request,
        "preflight",
        campaign,
        f"Review: {campaign}",
        variants=campaign.variants.select_related("version__template"),
        when=labels.when(campaign),
        person=request.session.get(TEST_PERSON, ""),
        **found,
    )


@needs(SEE)
def found(request: HttpRequest, object_id: str) -> HttpResponse:
    """The part that takes its time."""
    campaign = campaign_of(object_id)
    around = {"campaign": campaign, "may": May(request), **_found(request, campaign)}
    return render(request, "campaigns/preflight_found.html", around)


def _found(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    result = preflight(campaign, now())
    user: Any = request.user
    problems = dict(result.problems)
    approval = problems.pop("approved_by", "")
    return {
        "found": result,
        "problems": problems,
        "approval": approval,
        "needs_approval": settings.CAMPAIGN_APPROVAL,
        "why_not_approve": why_not_approve(campaign, user),
        "launch": labels.launch(campaign, result.audience, result.reached),
        "pasts": _pasts(campaign),
        "cost": labels.cost(result),
        "takes": _seconds(campaign, result),
        "dropped": sum(each.messages for each in result.dropped),
    }


def _seconds(campaign: Campaign, found: Preflight) -> float | None:
    """From launch to end, where it starts on launch; under a second counts as one."""
    if campaign.starts != Starts.NOW or found.begins_at is None or found.ends_at is None:
        return None
    return max(1.0, (found.ends_at - found.begins_at).total_seconds())


def _pasts(campaign: Campaign) -> list[tuple[str, str]]:
    """What else may become of those whose hour has passed: (value, label)."""
    names = {
        IfPast.NEXT_DAY: "Send it the next day",
        IfPast.SKIP: "Skip them",
        IfPast.NOW: "Send it immediately",
    }
    now_ = if_past(campaign)
    daily = campaign.repeat == Repeat.DAILY  # its next day has a run of its own
    return [
        (choice.value, label)
        for choice, label in names.items()
        if choice != now_ and not (daily and choice == IfPast.NEXT_DAY)
    ]


@needs(LAUNCH, methods=("POST",))
def launch(request: HttpRequest, object_id: str) -> HttpResponse:
    campaign = campaign_of(object_id)
    try:
        check_seen(campaign, _seen(request))
        codes = request.POST.getlist("acknowledge")
        run, concerns = launch_acknowledged(campaign=campaign, codes=codes, now=now())
    except InvalidFields as error:
        complain(request, error)
        return to("preflight", campaign)
    for each in concerns:
        note(campaign, f"Acknowledged: {each.text}")
    if run is None:
        note(campaign, f"Scheduled: {labels.when(campaign)}.")
        messages.success(request, f"Scheduled: {labels.when(campaign)}.")
    else:
        note(campaign, f"Launched, to about {labels.people(run.audience)}.")
        messages.success(request, "Launched. This page shows the progress.")
    return to("progress", campaign)


@needs(WRITE, methods=("POST",))
def past(request: HttpRequest, object_id: str) -> HttpResponse:
    """Returns what happens to recipients whose local time has passed."""
    campaign = campaign_of(object_id)
    user: Any = request.user
    try:
        check_seen(campaign, _seen(request))
        chosen = IfPast(request.POST.get("if_past", ""))
        campaign_change(campaign=campaign, fields={"if_past": chosen.value}, by=user)
    except InvalidFields as error:
        complain(request, error)
    except ValueError:
        messages.error(request, "Choose what happens to recipients whose time has passed.")
    return to("preflight", campaign)


@needs(LAUNCH, methods=("POST",))
def unschedule(request: HttpRequest, object_id: str) -> HttpResponse:
    campaign = campaign_of(object_id)
    try:
        campaign_unschedule(campaign=campaign)
    except InvalidFields as error:
        complain(request, error)
        return to("progress", campaign)
    note(campaign, "Unscheduled: a draft again.")
    messages.success(request, "Unscheduled. It is a draft again, and nothing is sent.")
    return to("change", campaign)


@needs(APPROVE, methods=("POST",))
def approve(request: HttpRequest, object_id: str) -> HttpResponse:
    campaign = campaign_of(object_id)
    user: Any = request.user
    try:
        campaign_approve(campaign=campaign, by=user, seen=_seen(request), now=now())
    except InvalidFields as error:
        complain(request, error)
    else:
        note(campaign, "Approved.")
        messages.success(request, "Approved. Any change withdraws the approval.")
    return to("preflight", campaign)


@needs(LAUNCH, methods=("POST",))
def send_test(request: HttpRequest, object_id: str) -> HttpResponse:
    """To one person, with their own data; it counts for nothing in the campaign."""
    campaign = campaign_of(object_id)
    person = request.POST.get("person", "").strip()
    try:
        sent = try_on(campaign=campaign, variant=request.POST.get("variant", ""), person=person)
    except InvalidFields as error:
        complain(request, error)
        return to("preflight", campaign)
    request.session[TEST_PERSON] = person
    note(campaign, f"Sent as a test to {person}.")
    messages.success(request, f"A test is on its way to {person}: notification {sent}.")
    return to("preflight", campaign)


def _seen(request: HttpRequest) -> datetime | None:
    """When what was looked at had last been changed."""
    try:
        return parse_datetime(request.POST.get("seen", ""))
    except ValueError:
        return None
