"""Segments over HTTP."""

from contextlib import suppress
from typing import Annotated, Any, cast

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, extend_schema
from msgspec import UNSET, Meta, Struct, UnsetType
from rest_framework.request import Request
from rest_framework.views import APIView

from notifications.segments import selectors, services
from notifications.segments.models import Segment
from notifications.segments.services import SegmentFields
from notifyproj.core.api.authentication import Caller
from notifyproj.core.api.bodies import answer, read_body
from notifyproj.core.api.errors import InvalidFields, not_found
from notifyproj.core.api.openapi import CURSOR, KEY_ERRORS, LIMIT, error
from notifyproj.core.api.query_params import decode_cursor, page_of, read_limit
from notifyproj.core.models import Scope

TAGS = ["segments"]
NO_SEGMENT = error("Segment not found.", "not_found", segment="Segment not found.")
WRONG = error(
    "Must be an integer between 0 and 180.", "invalid", **{"rules.all[1].within_days": "…"}
)
TAKEN = error("A segment with this slug already exists.", "exists", slug="…")
NAMED = error("The segment is used by these segments: follow-up.", "in_use", slug="…")
EXAMPLE = OpenApiExample(
    "Reachable customers who opened an e-mail lately",
    value={
        "slug": "readers",
        "name": "Readers",
        "rules": {
            "all": [
                {"attribute": "plan", "in": ["pro", "team"]},
                {"locale": "de"},
                {"activity": "opened", "within_days": 30},
                {"reachable": "email"},
            ]
        },
    },
    request_only=True,
)

Slug = Annotated[str, Meta(pattern=r"^[-a-zA-Z0-9_]{1,50}$")]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=2_000)]
Rules = Annotated[dict[str, Any], Meta(description="See docs/segments.md.")]


class NewSegment(Struct, forbid_unknown_fields=True):
    slug: Slug
    name: Name
    rules: Rules
    description: Text = ""


class ChangedSegment(Struct, forbid_unknown_fields=True):
    """Fields that are left out stay unchanged."""

    name: Name | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    rules: Rules | UnsetType = UNSET


class SegmentApi(APIView):
    required_scope = Scope.CAMPAIGNS

    def segment(self, slug: str) -> Segment:
        """One that the caller may see. Raises ApiError 404."""
        found = selectors.segments_of(cast(Caller, self.request.user)).filter(slug=slug).first()
        if found is None:
            raise not_found("segment", "Segment not found.")
        return found

    def evaluated(self, slug: str) -> Segment:
        """One whose people the caller may know. Raises ApiError 404, InvalidFields."""
        segment = self.segment(slug)
        selectors.check_evaluated(cast(Caller, self.request.user), segment)
        return segment

    def count_again(self, segment: Segment) -> None:
        """After its list has changed; not what the caller may not know."""
        with suppress(InvalidFields):
            selectors.check_evaluated(cast(Caller, self.request.user), segment)
            services.segment_count(segment=segment)


class Segments(SegmentApi):
    @extend_schema(
        tags=TAGS,
        operation_id="segments_list",
        summary="List segments",
        parameters=[LIMIT, CURSOR],
        responses={200: selectors.SegmentPage, **KEY_ERRORS},
    )
    def get(self, request: Request) -> HttpResponse:
        limit = read_limit(request.GET.get("limit"))
        cursor = request.GET.get("cursor")
        after = decode_cursor(cursor, int) if cursor else 0
        mine = selectors.segments_of(cast(Caller, request.user))
        rows, more = page_of(
            selectors.segments_after(mine, after, limit + 1), limit, lambda r: r.pk
        )
        return answer(selectors.SegmentPage([selectors.segment_view(row) for row in rows], more))

    @extend_schema(
        tags=TAGS,
        operation_id="segments_create",
        summary="Create a segment",
        request=NewSegment,
        examples=[EXAMPLE],
        responses={201: selectors.SegmentView, 400: WRONG, 409: TAKEN, **KEY_ERRORS},
    )
    def post(self, request: Request) -> HttpResponse:
        new = read_body(request, NewSegment)
        selectors.check_named(cast(Caller, request.user), services.check(new.rules))
        fields = SegmentFields(name=new.name, description=new.description, rules=new.rules)
        service_id = cast(Caller, request.user).service_id
        made = services.segment_create(slug=new.slug, fields=fields, service_id=service_id)
        return answer(selectors.segment_view(made), 201)


class OneSegment(SegmentApi):
    @extend_schema(
        tags=TAGS,
        operation_id="segments_get",
        summary="Get a segment",
        description="With its last count.",
        responses={200: selectors.SegmentView, 404: NO_SEGMENT, **KEY_ERRORS},
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        return answer(selectors.segment_view(self.segment(slug)))

    @extend_schema(
        tags=TAGS,
        operation_id="segments_update",
        summary="Update a segment",
        request=ChangedSegment,
        responses={200: selectors.SegmentView, 400: WRONG, 404: NO_SEGMENT, **KEY_ERRORS},
    )
    def patch(self, request: Request, slug: str) -> HttpResponse:
        segment = self.segment(slug)
        said = read_body(request, ChangedSegment)
        if said.rules is not UNSET:
            selectors.check_named(cast(Caller, request.user), services.check(said.rules))
        given = {name: getattr(said, name) for name in said.__struct_fields__}
        kept = {n: getattr(segment, n) if value is UNSET else value for n, value in given.items()}
        services.segment_update(segment=segment, fields=SegmentFields(**kept))
        return answer(selectors.segment_view(segment))

    @extend_schema(
        tags=TAGS,
        operation_id="segments_delete",
        summary="Delete a segment",
        description="Also deletes its uploaded list.",
        responses={204: None, 404: NO_SEGMENT, 409: NAMED, **KEY_ERRORS},
    )
    def delete(self, request: Request, slug: str) -> HttpResponse:
        services.segment_delete(segment=self.segment(slug))
        return HttpResponse(status=204)
