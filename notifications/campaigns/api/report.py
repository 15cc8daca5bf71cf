"""The report of a campaign over HTTP, as JSON and as CSV."""

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from msgspec import Struct
from rest_framework.request import Request

from notifications.analytics.rows import ReportRow
from notifications.campaigns.api.campaigns import NONE, TAGS, CampaignsApi
from notifications.campaigns.report.report import csv_lines, report, rows
from notifications.campaigns.report.runs import ALL, runs_of
from notifyproj.core.api.bodies import answer
from notifyproj.core.api.openapi import KEY_ERRORS

RUN = OpenApiParameter("run", str, description="Number of a run, or `all` (default).")


class CampaignReport(Struct, kw_only=True):
    """One row per run, variant and channel. `people` and `held_out` (the control group) are
    estimates; `visited`: people processed. `comparison` describes how the variants differ, and with
    which confidence."""

    people: int
    held_out: int
    visited: int
    comparison: list[str]
    rows: list[ReportRow]


class ReportOf(CampaignsApi):
    @extend_schema(
        tags=TAGS,
        operation_id="campaigns_report",
        summary="Get a campaign report",
        parameters=[RUN],
        responses={200: CampaignReport, 404: NONE, **KEY_ERRORS},
    )
    def get(self, request: Request, campaign_id: int) -> HttpResponse:
        campaign = self.campaign(request, campaign_id)
        runs = runs_of(campaign, request.query_params.get("run", ALL))
        found = report(campaign, runs)
        return answer(
            CampaignReport(
                people=found.people,
                held_out=found.held_out,
                visited=found.visited,
                comparison=found.verdicts(),
                rows=list(rows(campaign, runs)),
            )
        )


class ReportAsCsv(CampaignsApi):
    @extend_schema(
        tags=TAGS,
        operation_id="campaigns_report_csv",
        summary="Export a campaign report as CSV",
        description="One run after the other.",
        parameters=[RUN],
        responses={(200, "text/csv"): OpenApiTypes.STR, 404: NONE, **KEY_ERRORS},
    )
    def get(self, request: Request, campaign_id: int) -> HttpResponseBase:
        campaign = self.campaign(request, campaign_id)
        runs = runs_of(campaign, request.query_params.get("run", ALL))
        return StreamingHttpResponse(
            csv_lines(campaign, runs), content_type="text/csv; charset=utf-8"
        )
