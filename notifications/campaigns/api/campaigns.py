"""Campaigns over HTTP: written, looked at before and while they go, launched and stopped. A
service sees its own; one with the admin scope sees everybody's. Approving is for people only."""

from typing import Any, cast

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from msgspec import Struct
from rest_framework.request import Request
from rest_framework.views import APIView

from notifications.accept.idempotency import Key, first_answer, keep
from notifications.campaigns.api.schemas import ChangedCampaign, NewCampaign, columns, variants_of
from notifications.campaigns.api.views import CampaignView, campaign_view
from notifications.campaigns.models import Campaign
from notifications.campaigns.plan.write import campaign_change, campaign_create, campaign_delete
from notifications.campaigns.report.state_counts import NOTHING_YET, standings
from notifications.campaigns.states import CampaignState
from notifications.segments.selectors import check_evaluated, segments_of
from notifyproj.core.api.authentication import Caller
from notifyproj.core.api.bodies import answer, mark_replayed, read_body, read_idempotency_key
from notifyproj.core.api.errors import InvalidFields, not_found
from notifyproj.core.api.openapi import (
    CURSOR,
    IDEMPOTENCY_CONFLICT,
    IDEMPOTENCY_KEY,
    KEY_ERRORS,
    LIMIT,
    error,
)
from notifyproj.core.api.query_params import decode_cursor, page_of, read_choice, read_limit
from notifyproj.core.clock import now
from notifyproj.core.models import Scope

TAGS = ["campaigns"]
NONE = error("Campaign not found.", "not_found", id="Campaign not found.")
WRONG = error("Notification type 'news' not found.", "invalid", type="…")
NOT_NOW = error("Only a draft can be changed.", "not_a_draft", state="…")
EXAMPLE = OpenApiExample(
    "An offer at 9:00 in the recipient's local time",
    value={
        "name": "Spring sale",
        "type": "weekly_offers",
        "segment": "active-in-april",
        "variants": [
            {"name": "A", "template_id": "spring-sale-v2"},
            {"name": "B", "template_id": "spring-sale-v3"},
        ],
        "variables": {"headline": "Everything must go"},
        "starts": "local",
        "on": "2027-04-01",
        "at": "09:00",
        "hold_out_percent": 5,
        "canary_percent": 1,
        "canary_minutes": 10,
    },
    request_only=True,
)


class CampaignPage(Struct):
    campaigns: list[CampaignView]
    next_cursor: str


class CampaignsApi(APIView):
    required_scope: Any = {
        "GET": Scope.READ,
        "POST": Scope.CAMPAIGNS,
        "PATCH": Scope.CAMPAIGNS,
        "DELETE": Scope.CAMPAIGNS,
    }

    def campaign(self, request: Request, campaign_id: int) -> Campaign:
        """Raises ApiError 404, also for somebody else's."""
        found = campaigns_of(request).filter(pk=campaign_id).first()
        if found is None:
            raise not_found("id", "Campaign not found.")
        return found


class Campaigns(CampaignsApi):
    @extend_schema(
        tags=TAGS,
        operation_id="campaigns_list",
        summary="List campaigns, newest first",
        parameters=[
            OpenApiParameter("state", str, enum=CampaignState.values),
            OpenApiParameter("type", str),
            LIMIT,
            CURSOR,
        ],
        responses={200: CampaignPage, 400: WRONG, **KEY_ERRORS},
    )
    def get(self, request: Request) -> HttpResponse:
        query = request.query_params
        limit, rows = read_limit(query.get("limit")), campaigns_of(request).order_by("-pk")
        if state := read_choice("state", query.get("state"), CampaignState.values):
            rows = rows.filter(state=state)
        if slug := query.get("type"):
            rows = rows.filter(type__slug=slug)
        if cursor := query.get("cursor"):
            rows = rows.filter(pk__lt=decode_cursor(cursor, int))
        page, following = page_of(list(rows[: limit + 1]), limit, lambda row: row.pk)
        found = standings(page)
        return answer(CampaignPage([campaign_view(r, found[r.pk]) for r in page], following))

    @extend_schema(
        tags=TAGS,
        operation_id="campaigns_create",
        summary="Create a campaign",
        description="Creates a draft. Nothing is sent until it is launched.",
        parameters=[IDEMPOTENCY_KEY],
        request=NewCampaign,
        examples=[EXAMPLE],
        responses={
            201: CampaignView,
            400: WRONG,
            409: IDEMPOTENCY_CONFLICT,
            **KEY_ERRORS,
        },
    )
    def post(self, request: Request) -> HttpResponse:
        body = read_body(request, NewCampaign)
        key, service_id = read_idempotency_key(request), cast(Caller, request.user).service_id
        with transaction.atomic():
            if key and (first := first_answer(service_id, key, ["campaign", body], now())):
                return mark_replayed(answer(first, 201))
            fields = {**_columns(request, body), "service_id": service_id}
            made = campaign_create(fields=fields, variants=variants_of(body) or [], owner=None)
            view = shown(self.campaign(request, made.pk))
            if key:
                keep({Key(service_id, key): view})
        return answer(view, 201)


class OneCampaign(CampaignsApi):
    @extend_schema(
        tags=TAGS,
        operation_id="campaigns_get",
        summary="Get a campaign and its latest run",
        responses={200: CampaignView, 404: NONE, **KEY_ERRORS},
    )
    def get(self, request: Request, campaign_id: int) -> HttpResponse:
        return answer(shown(self.campaign(request, campaign_id)))

    @extend_schema(
        tags=TAGS,
        operation_id="campaigns_update",
        summary="Update a draft campaign",
        description="Fields that are left out stay unchanged. An approval is withdrawn.",
        request=ChangedCampaign,
        responses={200: CampaignView, 400: WRONG, 404: NONE, 409: NOT_NOW, **KEY_ERRORS},
    )
    def patch(self, request: Request, campaign_id: int) -> HttpResponse:
        body = read_body(request, ChangedCampaign)
        campaign = self.campaign(request, campaign_id)
        campaign_change(
            campaign=campaign, fields=_columns(request, body), variants=variants_of(body), by=None
        )
        return answer(shown(self.campaign(request, campaign_id)))

    @extend_schema(
        tags=TAGS,
        operation_id="campaigns_delete",
        summary="Delete a draft campaign",
        responses={204: None, 404: NONE, 409: NOT_NOW, **KEY_ERRORS},
    )
    def delete(self, request: Request, campaign_id: int) -> HttpResponse:
        campaign_delete(campaign=self.campaign(request, campaign_id))
        return HttpResponse(status=204)


def campaigns_of(request: Request) -> QuerySet[Campaign]:
    caller = cast(Caller, request.user)
    rows = Campaign.objects.select_related("type", "segment", "service", "owner", "approved_by")
    rows = rows.prefetch_related("variants__version__template")
    return rows if Scope.ADMIN in caller.scopes else rows.filter(service_id=caller.service_id)


def _columns(request: Request, body: ChangedCampaign) -> dict[str, Any]:
    """With no segment of another service. Raises InvalidFields."""
    found = dict(columns(body))
    segment = found.get("segment")
    mine = segments_of(cast(Caller, request.user))
    if segment is not None and not mine.filter(pk=segment.pk).exists():
        raise InvalidFields({"segment": f"Segment {segment.slug!r} not found."})
    return found


def check_audience(request: Request, campaign: Campaign) -> None:
    """That its segment tells the caller nothing of another service. Raises InvalidFields."""
    if campaign.segment is not None:
        check_evaluated(cast(Caller, request.user), campaign.segment)


def shown(campaign: Campaign) -> CampaignView:
    return campaign_view(campaign, standings([campaign]).get(campaign.pk, NOTHING_YET))
