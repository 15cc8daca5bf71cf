"""The person's own API, `/inbox/api/`: what the component `<notify-inbox>` calls."""

from datetime import datetime
from typing import Any, TypedDict, cast
from uuid import UUID

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from channels.inbox import selectors, services, wire
from channels.inbox.authentication import InboxTokenAuthentication
from channels.inbox.tokens import Reader
from notifyproj.core import clock
from notifyproj.core.api.bodies import read_body
from notifyproj.core.api.errors import not_found
from notifyproj.core.api.openapi import error

NO_ITEM = error("Inbox item not found.", "not_found", item_id="…")


class ItemOut(msgspec.Struct):
    id: UUID
    title: str
    body: str
    link: str
    data: dict[str, str]
    created_at: datetime
    read_at: datetime | None
    archived_at: datetime | None


class PageOut(msgspec.Struct):
    """`next_cursor`: `before` of the next page; null on the last page."""

    items: list[ItemOut]
    next_cursor: str | None


class UnreadOut(msgspec.Struct):
    """Counts up to 100: show 100 as 99+."""

    unread: int


class ReadAllIn(msgspec.Struct):
    """`up_to`: id of the newest item seen; null: all items."""

    up_to: UUID | None = None


class PageIn(serializers.Serializer[Any]):
    before = serializers.CharField(
        default="", allow_blank=True, help_text="`next_cursor` of the previous page."
    )
    limit = serializers.IntegerField(default=20, min_value=1, max_value=selectors.MOST)
    unread = serializers.BooleanField(default=False)
    archived = serializers.BooleanField(default=False)


class Whose(TypedDict):
    recipient_id: int
    service_id: int | None  # None: the whole inbox


class InboxView(APIView):
    authentication_classes = [InboxTokenAuthentication]
    permission_classes = [IsAuthenticated]
    throttle_classes = []

    @property
    def whose(self) -> Whose:
        reader = cast(Reader, self.request.user)
        return {"recipient_id": reader.recipient_id, "service_id": reader.service_id}

    def require(self, item_id: UUID) -> None:
        if not selectors.exists(item_id=item_id, **self.whose):
            raise not_found("item_id", "Inbox item not found.")


class Items(InboxView):
    @extend_schema(
        tags=["inbox"],
        operation_id="inbox_items",
        summary="List inbox items",
        parameters=[PageIn],
        responses=PageOut,
    )
    def get(self, request: Request) -> Response:
        query = PageIn(data=request.query_params)
        query.is_valid(raise_exception=True)
        try:
            page = selectors.list_items(**self.whose, **query.validated_data)
        except selectors.InvalidCursor as error:
            raise serializers.ValidationError({"before": [str(error)]}) from error
        return Response({"items": [wire.row_json(i) for i in page.items], "next_cursor": page.next})


class UnreadCount(InboxView):
    @extend_schema(
        tags=["inbox"],
        operation_id="inbox_unread_count",
        summary="Count unread items",
        responses=UnreadOut,
    )
    def get(self, request: Request) -> Response:
        return Response({"unread": selectors.unread_count(**self.whose)})


class ReadItem(InboxView):
    @extend_schema(
        tags=["inbox"],
        operation_id="inbox_read",
        summary="Mark an item as read",
        request=None,
        responses={200: UnreadOut, 404: NO_ITEM},
    )
    def post(self, request: Request, item_id: UUID) -> Response:
        self.require(item_id)
        unread = services.mark_read(**self.whose, ids=[item_id], now=clock.now())
        return Response({"unread": unread})


class ReadAll(InboxView):
    @extend_schema(
        tags=["inbox"],
        operation_id="inbox_read_all",
        summary="Mark all items as read",
        request=ReadAllIn,
        responses=UnreadOut,
    )
    def post(self, request: Request) -> Response:
        body = read_body(request, ReadAllIn)
        unread = services.mark_all_read(**self.whose, up_to=body.up_to, now=clock.now())
        return Response({"unread": unread})


class ArchiveItem(InboxView):
    @extend_schema(
        tags=["inbox"],
        operation_id="inbox_archive",
        summary="Archive an item",
        request=None,
        responses={200: UnreadOut, 404: NO_ITEM},
    )
    def post(self, request: Request, item_id: UUID) -> Response:
        self.require(item_id)
        unread = services.archive(**self.whose, item_id=item_id, now=clock.now())
        return Response({"unread": unread})
