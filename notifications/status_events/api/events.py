"""The events of an endpoint over HTTP: the log, a test event, a replay."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from msgspec import Meta, Struct, field
from rest_framework.request import Request

from notifications.status_events import selectors, services
from notifications.status_events.api.endpoints import NO_ENDPOINT, TAGS, Names, StatusEndpointView
from notifyproj.core.api.bodies import answer, read_body
from notifyproj.core.api.errors import ApiError, InvalidFields
from notifyproj.core.api.openapi import CURSOR, KEY_ERRORS, LIMIT, error
from notifyproj.core.api.query_params import decode_cursor, page_of, read_choice, read_limit
from notifyproj.core.clock import now

Instant = Annotated[datetime, Meta(tz=True)]
STOPPED = error("The status endpoint is suspended: resume it first.", "endpoint_stopped")
STATUSES = ("waiting", "sent", "failed")


class SentTest(Struct):
    """`id`: the webhook-id of the event."""

    id: str


class Replay(Struct, forbid_unknown_fields=True):
    """Events from `from` on and before `to`; no `events`: all of them."""

    since: Instant = field(name="from")
    until: Instant = field(name="to")
    events: Names = []


class ReplayResult(Struct):
    """`events`: how many are sent again. `next_from`: there are more; continue from there."""

    events: int
    next_from: datetime | None


class Test(StatusEndpointView):
    @extend_schema(
        tags=TAGS,
        operation_id="status_endpoints_test",
        summary="Send a test event",
        request=None,
        responses={202: SentTest, 404: NO_ENDPOINT, 409: STOPPED, **KEY_ERRORS},
    )
    def post(self, request: Request, endpoint_id: int) -> HttpResponse:
        endpoint = self.endpoint(request, endpoint_id)
        status = selectors.status_of(endpoint)
        if status in ("disabled", "suspended"):
            raise ApiError(409, "endpoint_stopped", f"The status endpoint is {status}.")
        return answer(SentTest(str(services.event_test(endpoint=endpoint, now=now()))), 202)


class ReplayEvents(StatusEndpointView):
    @extend_schema(
        tags=TAGS,
        operation_id="status_endpoints_replay",
        summary="Replay events",
        description="Sends the events of a time range again, with the same ids and bytes, so that "
        "a receiver can recognise them. Events that are still waiting are not sent twice. Events "
        "are kept for seven days.",
        request=Replay,
        examples=[
            OpenApiExample(
                "An hour",
                value={"from": "2026-11-22T08:00:00Z", "to": "2026-11-22T09:00:00Z"},
                request_only=True,
            )
        ],
        responses={202: ReplayResult, 404: NO_ENDPOINT, **KEY_ERRORS},
    )
    def post(self, request: Request, endpoint_id: int) -> HttpResponse:
        endpoint = self.endpoint(request, endpoint_id)
        body = read_body(request, Replay)
        if body.until <= body.since:
            raise InvalidFields({"to": "`to` must be later than `from`."})
        done = services.events_replay(
            endpoint=endpoint, since=body.since, until=body.until, events=body.events
        )
        return answer(ReplayResult(done.events, done.next_from), 202)


class Events(StatusEndpointView):
    @extend_schema(
        tags=TAGS,
        operation_id="status_endpoints_events",
        summary="List events of a status endpoint",
        parameters=[
            OpenApiParameter("event", str),
            OpenApiParameter("status", str, enum=STATUSES),
            LIMIT,
            CURSOR,
        ],
        responses={
            200: OpenApiResponse(
                selectors.EventPage,
                "Newest first, with every delivery attempt. Events are kept for seven days.",
            ),
            404: NO_ENDPOINT,
            **KEY_ERRORS,
        },
    )
    def get(self, request: Request, endpoint_id: int) -> HttpResponse:
        endpoint, query = self.endpoint(request, endpoint_id), request.query_params
        limit, cursor = read_limit(query.get("limit")), query.get("cursor")
        rows = selectors.events_list(
            endpoint=endpoint,
            before=decode_cursor(cursor, UUID) if cursor else None,
            limit=limit + 1,
            event=query.get("event", ""),
            status=read_choice("status", query.get("status"), STATUSES),
        )
        page, following = page_of(rows, limit, lambda row: row.pk)
        return answer(selectors.EventPage(selectors.event_views(endpoint, page), following))
