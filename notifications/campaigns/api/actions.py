"""Acts on a campaign over HTTP. Repeating one that was done already changes nothing."""

from datetime import datetime
from typing import Annotated, cast

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from msgspec import Meta, Struct
from rest_framework.request import Request

from notifications.campaigns.api.campaigns import (
    NONE,
    TAGS,
    CampaignsApi,
    check_audience,
    shown,
)
from notifications.campaigns.api.views import CampaignView
from notifications.campaigns.models import Campaign, Run
from notifications.campaigns.plan.write import check_seen, run_rate
from notifications.campaigns.preflight.acknowledge import launch_acknowledged, launched_text
from notifications.campaigns.preflight.preflight import preflight
from notifications.campaigns.preflight.said import remember
from notifications.campaigns.preflight.values import Broken, Concern, Dropped, Reach
from notifications.campaigns.run.lifecycle import campaign_cancel, run_pause, run_resume
from notifications.campaigns.states import OPEN_RUNS, CampaignState, RunState
from notifyproj.core.api.authentication import Caller
from notifyproj.core.api.bodies import answer, read_body
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.api.openapi import KEY_ERRORS, error
from notifyproj.core.audit import log as audit
from notifyproj.core.clock import now
from notifyproj.core.models import Scope

NOT_SO = error("The campaign is not running.", "not_running", state="…")
CANNOT = error("Enter a date.", "invalid", on="Enter a date.")
LAUNCHED = (CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED)


Code = Annotated[str, Meta(max_length=200)]
UNSEEN = error(
    "The canary is empty: 1 % of about 16 people. The campaign is sent without one.",
    "not_acknowledged",
    canary_nobody="The canary is empty: 1 % of about 16 people. The campaign is sent without one.",
)


class PreflightView(Struct, kw_only=True):
    """Estimates from a sample of `sampled` people. `problems`, by field, prevent the launch; each
    concern in `acknowledge` must be acknowledged by its code. `skipped`: people whose send time has
    passed. `ends_at` null: no estimate yet, as no account can send now."""

    audience: int
    sampled: int
    held_out: int
    reached: int
    skipped: int
    reach: list[Reach]
    dropped: list[Dropped]
    broken: list[Broken]
    begins_at: datetime | None
    ends_at: datetime | None
    cost: float | None
    problems: dict[str, str]
    warnings: list[str]
    acknowledge: list[Concern]


class LaunchBody(Struct, forbid_unknown_fields=True):
    """`acknowledge`: codes of the preflight. `canary_nobody` acknowledges the last number of people
    shown, `canary_nobody=16` 16 people; when the number grows by half, it must be acknowledged
    again. `seen`: `updated_at` of the campaign that was reviewed; the launch is refused if the
    campaign was changed since."""

    acknowledge: Annotated[list[Code], Meta(max_length=200)] = []
    seen: datetime | None = None


class PauseBody(Struct, forbid_unknown_fields=True):
    because: Annotated[str, Meta(max_length=300)] = ""


class RateBody(Struct, forbid_unknown_fields=True):
    """People per minute; null: no limit."""

    per_minute: Annotated[int, Meta(ge=1, le=2_000_000_000)] | None


class CancelledView(Struct):
    """`cancelled`: messages that will not be sent. `complete` false: more are cancelled within
    seconds."""

    cancelled: int
    complete: bool
    campaign: CampaignView


class PreflightOf(CampaignsApi):
    @extend_schema(
        tags=TAGS,
        operation_id="campaigns_preflight",
        summary="Preview a launch",
        responses={200: PreflightView, 400: CANNOT, 404: NONE, **KEY_ERRORS},
    )
    def get(self, request: Request, campaign_id: int) -> HttpResponse:
        campaign = self.campaign(request, campaign_id)
        check_audience(request, campaign)
        found = preflight(campaign, now())
        remember(campaign, found.acknowledge)
        names = PreflightView.__struct_fields__
        return answer(PreflightView(**{name: getattr(found, name) for name in names}))


class Act(CampaignsApi):
    required_scope = Scope.CAMPAIGNS

    def done(self, request: Request, campaign: Campaign, text: str) -> CampaignView:
        label = Campaign._meta.label_lower
        audit.note(model=label, object_id=campaign.pk, label=str(campaign), text=text)
        return shown(self.campaign(request, campaign.pk))


class Launch(Act):
    @extend_schema(
        tags=TAGS,
        operation_id="campaigns_launch",
        summary="Launch or schedule a campaign",
        description="Where approval is required, a person must approve the campaign first. "
        "Launching a campaign again has no effect. Concerns that the preflight lists under "
        "`acknowledge` are refused with 409 `not_acknowledged` until their codes, the names in "
        "`fields`, are sent.",
        request=LaunchBody,
        responses={200: CampaignView, 400: CANNOT, 404: NONE, 409: UNSEEN, **KEY_ERRORS},
    )
    def post(self, request: Request, campaign_id: int) -> HttpResponse:
        body = read_body(request, LaunchBody) if request._request.body else LaunchBody()
        campaign = self.campaign(request, campaign_id)
        if campaign.state in LAUNCHED:
            return answer(shown(campaign))
        check_seen(campaign, body.seen)
        check_audience(request, campaign)
        run, seen = launch_acknowledged(campaign=campaign, codes=body.acknowledge, now=now())
        return answer(self.done(request, campaign, launched_text(run, seen)))


class Pause(Act):
    @extend_schema(
        tags=TAGS,
        operation_id="campaigns_pause",
        summary="Pause a campaign",
        description="Nothing is sent until the campaign is resumed.",
        request=PauseBody,
        responses={200: CampaignView, 404: NONE, 409: NOT_SO, **KEY_ERRORS},
    )
    def post(self, request: Request, campaign_id: int) -> HttpResponse:
        body = read_body(request, PauseBody) if request._request.body else PauseBody()
        campaign = self.campaign(request, campaign_id)
        run = _open_run(campaign)
        if run.state == RunState.PAUSED:
            return answer(shown(campaign))
        run_pause(run=run, by=_by(request), because=body.because, now=now())
        return answer(self.done(request, campaign, f"Paused: {body.because or 'by a service'}."))


class Resume(Act):
    @extend_schema(
        tags=TAGS,
        operation_id="campaigns_resume",
        summary="Resume a campaign",
        description="Continues from where it was paused. Auto-pause counters restart.",
        request=None,
        responses={200: CampaignView, 404: NONE, 409: NOT_SO, **KEY_ERRORS},
    )
    def post(self, request: Request, campaign_id: int) -> HttpResponse:
        campaign = self.campaign(request, campaign_id)
        run = _open_run(campaign)
        if run.state == RunState.RUNNING:
            return answer(shown(campaign))
        run_resume(run=run, by=_by(request), now=now())
        return answer(self.done(request, campaign, "Resumed."))


class CancelCampaign(Act):
    @extend_schema(
        tags=TAGS,
        operation_id="campaigns_cancel",
        summary="Cancel a campaign",
        description="This cannot be undone. Messages already passed to a provider are not "
        "recalled.",
        request=None,
        responses={200: CancelledView, 404: NONE, 409: NOT_SO, **KEY_ERRORS},
    )
    def post(self, request: Request, campaign_id: int) -> HttpResponse:
        campaign = self.campaign(request, campaign_id)
        if campaign.state == CampaignState.CANCELLED:
            return answer(CancelledView(0, True, shown(campaign)))
        done = campaign_cancel(campaign=campaign, by=_by(request), now=now())
        view = self.done(request, campaign, f"Cancelled: {done.deliveries:,} will not go out.")
        return answer(CancelledView(done.deliveries, done.complete, view))


class Rate(Act):
    @extend_schema(
        tags=TAGS,
        operation_id="campaigns_rate",
        summary="Change the send rate",
        description="Applies to the current run from now on.",
        request=RateBody,
        responses={200: CampaignView, 404: NONE, 409: NOT_SO, **KEY_ERRORS},
    )
    def post(self, request: Request, campaign_id: int) -> HttpResponse:
        body = read_body(request, RateBody)
        campaign = self.campaign(request, campaign_id)
        run_rate(run=_open_run(campaign), per_minute=body.per_minute, now=now())
        return answer(self.done(request, campaign, f"Rate changed: {body.per_minute or 'none'}."))


def _open_run(campaign: Campaign) -> Run:
    """Raises InvalidFields."""
    found = campaign.runs.filter(state__in=OPEN_RUNS).order_by("-number").first()
    if found is None:
        raise InvalidFields({"state": "The campaign is not running."}, "not_running", 409)
    return found


def _by(request: Request) -> str:
    return f"service {cast(Caller, request.user).service}"
