"""Addresses nothing is sent to, over HTTP. Addresses come in bodies, where no log keeps them, and
never go out: a row shows the start of its keyed hash."""

from datetime import datetime
from typing import Annotated

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from msgspec import Meta, Struct
from rest_framework.request import Request
from rest_framework.views import APIView

from channels.base import Channel
from notifyproj.core.api.bodies import answer, read_body
from notifyproj.core.api.errors import InvalidFields, not_found
from notifyproj.core.api.openapi import CURSOR, KEY_ERRORS, LIMIT, error
from notifyproj.core.api.query_params import decode_cursor, page_of, read_choice, read_limit
from notifyproj.core.models import Scope
from preferences.consent import suppress_address as suppressing
from preferences.models import Suppression
from preferences.recipients.api.base import caller_of

TAGS = ["suppressions"]
WRONG = error("Must be an e-mail address, such as name@example.com.", "invalid", address="…")
NONE = error("This address is not suppressed.", "not_found", address="…")
SHOWN = 8  # bytes of a hash
Address = Annotated[str, Meta(min_length=1, max_length=4096)]
Reason = Annotated[str, Meta(min_length=1, max_length=200)]
ADDRESS = {"channel": "email", "address": "maria@example.com"}


class AddressBody(Struct, forbid_unknown_fields=True):
    channel: str
    address: Address


class AddressWithReason(AddressBody, forbid_unknown_fields=True):
    reason: Reason


class SuppressionView(Struct, kw_only=True):
    """`address_hash`: the start of the keyed hash of the address."""

    channel: str
    address_hash: str
    reason: str
    source: str
    created_at: datetime


class SuppressionPage(Struct):
    """`next_cursor` is "" on the last page."""

    suppressions: list[SuppressionView]
    next_cursor: str


class Suppressions(APIView):
    required_scope = {"GET": Scope.READ, "POST": Scope.RECIPIENTS}

    @extend_schema(
        tags=TAGS,
        operation_id="suppressions_list",
        summary="List suppressed addresses",
        description="Newest first.",
        parameters=[
            OpenApiParameter("channel", str, enum=[*Channel]),
            OpenApiParameter("reason", str, description="Exact match."),
            LIMIT,
            CURSOR,
        ],
        responses={200: SuppressionPage, **KEY_ERRORS},
    )
    def get(self, request: Request) -> HttpResponse:
        asked = request.query_params
        limit = read_limit(asked.get("limit"))
        rows = _rows(read_choice("channel", asked.get("channel"), Channel), asked.get("reason", ""))
        if cursor := asked.get("cursor"):
            rows = rows.filter(pk__lt=decode_cursor(cursor, int))
        found = list(rows.order_by("-pk")[: limit + 1])
        page, following = page_of(found, limit, lambda row: row.pk)
        return answer(SuppressionPage([*map(_view, page)], following))

    @extend_schema(
        tags=TAGS,
        operation_id="suppressions_add",
        summary="Suppress an address",
        description="Nothing is sent to this address any more, whichever recipient has it. The "
        "first reason is kept.",
        request=AddressWithReason,
        examples=[
            OpenApiExample(
                "Request by letter", value={**ADDRESS, "reason": "By letter"}, request_only=True
            )
        ],
        responses={
            200: OpenApiResponse(SuppressionView, "The address was already suppressed."),
            201: SuppressionView,
            400: WRONG,
            **KEY_ERRORS,
        },
    )
    def post(self, request: Request) -> HttpResponse:
        body = read_body(request, AddressWithReason)
        new = suppressing.suppression_add(
            channel=body.channel,
            address=body.address,
            reason=body.reason,
            source="api",
            evidence={"service": caller_of(request).service},
        )
        return _found(body, 201 if new else 200)


class LookUp(APIView):
    required_scope = {"POST": Scope.RECIPIENTS}

    @extend_schema(
        tags=TAGS,
        operation_id="suppressions_look_up",
        summary="Check whether an address is suppressed",
        request=AddressBody,
        examples=[OpenApiExample("An e-mail address", value=ADDRESS, request_only=True)],
        responses={200: SuppressionView, 400: WRONG, 404: NONE, **KEY_ERRORS},
    )
    def post(self, request: Request) -> HttpResponse:
        return _found(read_body(request, AddressBody), 200)


class Remove(APIView):
    required_scope = {"POST": Scope.RECIPIENTS}

    @extend_schema(
        tags=TAGS,
        operation_id="suppressions_remove",
        summary="Remove a suppression",
        description="Works for every suppression, including a STOP. The reason is recorded.",
        request=AddressWithReason,
        examples=[
            OpenApiExample(
                "On request of the recipient",
                value={**ADDRESS, "reason": "She asked support, ticket 4711"},
                request_only=True,
            )
        ],
        responses={204: None, 400: WRONG, 404: NONE, **KEY_ERRORS},
    )
    def post(self, request: Request) -> HttpResponse:
        body = read_body(request, AddressWithReason)
        removed = suppressing.suppression_remove(
            channel=body.channel,
            address=body.address,
            reason=body.reason,
            source="api",
            evidence={"service": caller_of(request).service},
        )
        if not removed:
            raise _none()
        return HttpResponse(status=204)


def _rows(channel: str, reason: str) -> QuerySet[Suppression]:
    rows = Suppression.objects.all()
    if channel:
        if channel not in set(Channel):
            raise InvalidFields({"channel": f"`channel` must be one of {', '.join(Channel)}."})
        rows = rows.filter(channel=channel)
    return rows.filter(reason=reason) if reason else rows


def _found(body: AddressBody, status: int) -> HttpResponse:
    row = suppressing.suppression_find(channel=body.channel, address=body.address)
    if row is None:
        raise _none()
    return answer(_view(row), status)


def _none() -> Exception:
    return not_found("address", "This address is not suppressed.")


def _view(row: Suppression) -> SuppressionView:
    return SuppressionView(
        channel=row.channel,
        address_hash=bytes(row.address_hash)[:SHOWN].hex(),
        reason=row.reason,
        source=row.source,
        created_at=row.created_at,
    )
