"""Notifications over HTTP: send, send many, see what happened, cancel."""

from datetime import datetime
from typing import cast
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from msgspec import Struct
from rest_framework.request import Request
from rest_framework.views import APIView

from notifications.accept.accept import Answer, accept, is_full, refuse
from notifications.accept.requests import Accepted, BatchRequest, SendRequest, parse_each
from notifications.history import notifications as selectors
from notifications.history.status import COMPLETED, FORMER_STATUSES, read_status
from notifications.services import cancel as cancelling
from notifications.statuses import NotificationStatus
from notifyproj.core.api.authentication import Caller, charge_rest
from notifyproj.core.api.bodies import answer, mark_replayed, read_body, read_idempotency_key
from notifyproj.core.api.errors import InvalidFields, not_found
from notifyproj.core.api.former_names import REMOVED
from notifyproj.core.api.instants import read_bound
from notifyproj.core.api.openapi import (
    CURSOR,
    IDEMPOTENCY_CONFLICT,
    IDEMPOTENCY_KEY,
    KEY_ERRORS,
    LIMIT,
    ErrorDetail,
    error,
)
from notifyproj.core.api.query_params import decode_cursor, page_of, read_limit
from notifyproj.core.clock import now
from notifyproj.core.models import Scope

TAGS = ["notifications"]
FORMER = (
    f"`resolved`, `sending` and `done` are deprecated: use `processing` and `completed`. {REMOVED}"
)
ORDER = OpenApiExample(
    "An order confirmation",
    value={
        "type": "order_confirmed",
        "user_id": "user-123",
        "template_id": "order-confirmation-v2",
        "variables": {
            "order_id": "ORD-98765",
            "total": "$142.50",
            "estimated_delivery": "June 27",
        },
        "priority": "high",
        "scheduled_at": None,
    },
    request_only=True,
)
NO_NOTIFICATION = error("Notification not found.", "not_found")
FULL = error("Too many deliveries are waiting; try again later.", "backlog_full")
WRONG = error(
    "order-v2 requires the variable `total`.", "missing_variable", **{"variables.total": "…"}
)

FULL_ITEM = InvalidFields({"type": str(refuse())}, "backlog_full", 503)


class ItemResult(Struct, omit_defaults=True):
    """The result of one item of a batch: the accepted notification, or the error."""

    status: int
    notification: Accepted | None = None
    error: ErrorDetail | None = None
    replayed: bool = False


class BatchResult(Struct):
    accepted: int
    refused: int
    results: list[ItemResult]


class CancelResult(Struct):
    id: str
    status: NotificationStatus  # `completed` when nothing of it waited any more
    cancelled: int  # deliveries that will not go out any more


class Notifications(APIView):
    required_scope = {"GET": Scope.READ, "POST": Scope.SEND}

    @extend_schema(
        tags=TAGS,
        operation_id="notifications_send",
        summary="Send a notification",
        parameters=[IDEMPOTENCY_KEY],
        request=SendRequest,
        examples=[ORDER],
        responses={
            202: OpenApiResponse(Accepted, "Accepted for delivery."),
            400: WRONG,
            409: IDEMPOTENCY_CONFLICT,
            422: error("Recipient 'user-9' not found.", "unknown_recipient", user_id="…"),
            503: FULL,
            **KEY_ERRORS,
        },
    )
    def post(self, request: Request) -> HttpResponse:
        body = read_body(request, SendRequest)
        caller = cast(Caller, request.user)
        if is_full(body):
            raise refuse()
        result = accept(caller.service_id, [body], now(), key=read_idempotency_key(request))[0]
        if result.error is not None:
            raise result.error
        response = answer(result.body, 202)
        return mark_replayed(response) if result.replayed else response

    @extend_schema(
        tags=TAGS,
        operation_id="notifications_list",
        summary="List notifications, newest first",
        parameters=[
            OpenApiParameter("type", str),
            OpenApiParameter(
                "status",
                str,
                enum=[*NotificationStatus, *FORMER_STATUSES],
                description=FORMER,
            ),
            OpenApiParameter("user_id", str),
            OpenApiParameter("since", datetime, description="Created at or after this time."),
            OpenApiParameter("until", datetime, description="Created before this time."),
            LIMIT,
            CURSOR,
        ],
        responses={200: selectors.NotificationPage, 400: WRONG, **KEY_ERRORS},
    )
    def get(self, request: Request) -> HttpResponse:
        query = request.query_params
        limit = read_limit(query.get("limit"))
        cursor = query.get("cursor")
        rows = selectors.notifications_list(
            service_id=cast(Caller, request.user).only,
            before=decode_cursor(cursor, UUID) if cursor else None,
            limit=limit + 1,
            type_slug=query.get("type", ""),
            status=read_status(query.get("status")),
            user_id=query.get("user_id", ""),
            since=read_bound("since", query.get("since")),
            until=read_bound("until", query.get("until")),
        )
        page, following = page_of(rows, limit, lambda row: row.pk)
        return answer(selectors.NotificationPage(selectors.summaries(page), following))


class Batch(APIView):
    required_scope = Scope.SEND

    @extend_schema(
        tags=TAGS,
        operation_id="notifications_send_batch",
        summary="Send up to 1,000 notifications",
        description="Returns one result per item, in the same order. An invalid item does not "
        "affect the others.",
        parameters=[IDEMPOTENCY_KEY],
        request=BatchRequest,
        responses={202: BatchResult, 400: WRONG, 503: FULL, **KEY_ERRORS},
    )
    def post(self, request: Request) -> HttpResponse:
        body = read_body(request, BatchRequest)
        caller = cast(Caller, request.user)
        charge_rest(caller, len(body.notifications))
        parsed = [_unless_full(item) for item in parse_each(body.notifications)]
        if parsed and all(item is FULL_ITEM for item in parsed):
            raise refuse()
        results = [
            _result(item)
            for item in accept(caller.service_id, parsed, now(), key=read_idempotency_key(request))
        ]
        accepted = sum(result.notification is not None for result in results)
        return answer(BatchResult(accepted, len(results) - accepted, results), 202)


class OneNotification(APIView):
    required_scope = Scope.READ

    @extend_schema(
        tags=TAGS,
        operation_id="notifications_get",
        summary="Get a notification",
        description="With its deliveries, their attempts and events, and the reasons.",
        parameters=[
            OpenApiParameter(
                "after", UUID, description="`next_cursor` of the previous page of deliveries."
            )
        ],
        responses={200: selectors.NotificationView, 404: NO_NOTIFICATION, **KEY_ERRORS},
    )
    def get(self, request: Request, notification_id: UUID) -> HttpResponse:
        after = _uuid("after", request.query_params.get("after"))
        found = selectors.notification_get(notification_id, cast(Caller, request.user).only, after)
        if found is None:
            raise not_found("id", "Notification not found.")
        return answer(found)


class Cancel(APIView):
    required_scope = Scope.SEND

    @extend_schema(
        tags=TAGS,
        operation_id="notifications_cancel",
        summary="Cancel a notification",
        description="Cancels all deliveries that were not sent yet; repeating the call has no "
        "further effect. A notification of which nothing is waiting stays `completed`.",
        request=None,
        responses={200: CancelResult, 404: NO_NOTIFICATION, **KEY_ERRORS},
    )
    def post(self, request: Request, notification_id: UUID) -> HttpResponse:
        caller = cast(Caller, request.user)
        done = cancelling.cancel(notification_id=str(notification_id), service_id=caller.service_id)
        if done is None:
            raise not_found("id", "Notification not found.")
        status = COMPLETED if done.too_late else NotificationStatus.CANCELLED
        return answer(CancelResult(str(notification_id), status, done.deliveries))


def _result(item: Answer) -> ItemResult:
    if item.error is not None:
        failed = ErrorDetail(item.error.code, str(item.error), dict(item.error.fields))
        return ItemResult(item.error.status, error=failed)
    return ItemResult(202, notification=item.body, replayed=item.replayed)


def _unless_full(item: SendRequest | InvalidFields) -> SendRequest | InvalidFields:
    return FULL_ITEM if isinstance(item, SendRequest) and is_full(item) else item


def _uuid(name: str, text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise InvalidFields({name: f"`{name}` must be a UUID."}) from error
