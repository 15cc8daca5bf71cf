"""Reports over HTTP, as JSON and as CSV. All services together: types are everybody's; campaigns
are told apart only to the service that has them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from msgspec import Struct
from rest_framework.request import Request
from rest_framework.views import APIView

from channels.base import Channel
from notifications.analytics.query import GROUPS
from notifications.analytics.rows import ReportRow, as_csv
from notifications.api import report_rows
from notifyproj.core.api.authentication import Caller
from notifyproj.core.api.bodies import answer
from notifyproj.core.api.openapi import KEY_ERRORS, error
from notifyproj.core.clock import now
from notifyproj.core.models import Scope

TAGS = ["reports"]
WRONG = error("`since` must be before `until`, by at most 31 days.", "invalid", since="…")
SEVERAL = "Separate several by commas."
PARAMETERS = [
    OpenApiParameter(
        "since", datetime, description="Start of the period; default: one day before `until`."
    ),
    OpenApiParameter(
        "until",
        datetime,
        description="End of the period; default: now. Both are extended to whole hours.",
    ),
    OpenApiParameter("group_by", str, description=f"One or more of {', '.join(GROUPS)}. {SEVERAL}"),
    OpenApiParameter("type", str, description=f"Slugs of notification types. {SEVERAL}"),
    OpenApiParameter("channel", str, description=f"One or more of {', '.join(Channel)}. {SEVERAL}"),
    OpenApiParameter("account", str, description=f"Slugs of provider accounts. {SEVERAL}"),
    OpenApiParameter("campaign", str, description=f"Ids of campaigns. {SEVERAL}"),
    OpenApiParameter("arm", str, description=f"Ids of variants of a run. {SEVERAL}"),
]


class Report(Struct):
    """Deliveries created from `since` on and before `until`, and their results so far."""

    since: datetime
    until: datetime
    rows: list[ReportRow]


class Reports(APIView):
    required_scope = Scope.READ

    @extend_schema(
        tags=TAGS,
        operation_id="reports_read",
        summary="Get a delivery report",
        parameters=PARAMETERS,
        responses={200: Report, 400: WRONG, **KEY_ERRORS},
    )
    def get(self, request: Request) -> HttpResponse:
        only = cast(Caller, request.user).only
        asked = report_rows.read(_query(request), now(), only)
        return answer(Report(asked.since, asked.until, report_rows.report(asked, only)))


class ReportsAsCsv(APIView):
    required_scope = Scope.READ

    @extend_schema(
        tags=TAGS,
        operation_id="reports_read_csv",
        summary="Export a delivery report as CSV",
        parameters=PARAMETERS,
        responses={(200, "text/csv"): OpenApiTypes.STR, 400: WRONG, **KEY_ERRORS},
    )
    def get(self, request: Request) -> HttpResponse:
        only = cast(Caller, request.user).only
        asked = report_rows.read(_query(request), now(), only)
        text = as_csv(report_rows.report(asked, only), asked.group_by)
        named = f'attachment; filename="report-{asked.since:%Y%m%d%H}-{asked.until:%Y%m%d%H}.csv"'
        return HttpResponse(text, "text/csv; charset=utf-8", headers={"Content-Disposition": named})


def _query(request: Request) -> Mapping[str, Any]:
    return request.query_params.dict()
