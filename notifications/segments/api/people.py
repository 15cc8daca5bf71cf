"""Who is in a segment, over HTTP: counted, sampled, asked about one person, and by upload."""

from typing import Annotated, cast

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from msgspec import Meta, Struct
from rest_framework.request import Request

from notifications.segments import selectors, services
from notifications.segments.api.segments import (
    NO_SEGMENT,
    TAGS,
    WRONG,
    OneSegment,
    Rules,
    SegmentApi,
)
from notifications.segments.models import SegmentUpload
from notifications.segments.people import sample
from notifications.segments.people.audience import where_of
from notifications.segments.people.bounded import TooSlow
from notifications.segments.people.count import count
from notifications.segments.rules.parse import read
from notifications.segments.rules.tree import Node
from notifications.segments.upload import upload as uploads
from notifications.segments.upload.undo import upload_undo
from notifyproj.core.api.authentication import Caller
from notifyproj.core.api.bodies import LINES, BodyLimit, answer, read_body, takes_body
from notifyproj.core.api.errors import ApiError, InvalidFields, not_found
from notifyproj.core.api.former_names import deprecation
from notifyproj.core.api.openapi import KEY_ERRORS, error
from notifyproj.core.clock import now
from preferences.recipients.import_ndjson import body_stream

MODES = tuple(SegmentUpload.Mode.values)
BYTES = "application/octet-stream"  # the only one that generated clients know for a file
CSV = ("text/csv", "text/plain", "application/csv", BYTES)
SEED_MOST = 2**31 - 1
UPLOADS_SHOWN = 20
SLOW = error("This would take too long; use the count instead.", "too_slow")
UNRECOGNISED = error(
    "This is an Excel file: save it as CSV (“CSV UTF-8”) and upload that.",
    "not_recognised",
    body="This is an Excel file: save it as CSV (“CSV UTF-8”) and upload that.",
)
OTHERS = error(
    "This is a campaign of another service: take it out of the rules.",
    "invalid",
    **{"rules.all[0].campaign": "…"},
)
NO_UPLOAD = error("Upload not found.", "not_found", id="Upload not found.")
NO_UNDO = error(
    "The upload was already undone.", "cannot_undo", upload="The upload was already undone."
)
SEED = OpenApiParameter("seed", int, description="A different seed returns a different sample.")


class Wanted(Struct, forbid_unknown_fields=True):
    rules: Rules
    seed: Annotated[int, Meta(ge=0, le=SEED_MOST)] = 0


@extend_schema_view(**dict.fromkeys(("get", "patch", "delete"), extend_schema(exclude=True)))
class PreviewRules(OneSegment):
    """Takes POST only of the name in its path: a segment of that name is reached as all others."""

    @extend_schema(
        tags=TAGS,
        operation_id="segments_preview",
        summary="Preview a segment",
        description="Counts and samples the people that rules match, without saving the rules.",
        request=Wanted,
        responses={200: selectors.SegmentPreview, 400: WRONG, **KEY_ERRORS},
    )
    def post(self, request: Request, slug: str) -> HttpResponse:
        wanted = read_body(request, Wanted)
        node = services.check(wanted.rules)
        selectors.check_named(cast(Caller, request.user), node)
        found = count(where_of(node, 0))
        return answer(selectors.preview(found, _sample(node, 0, wanted.seed)))


@extend_schema_view(
    post=extend_schema(
        operation_id="segments_look",
        description=deprecation("POST /api/v1/segments/preview"),
        deprecated=True,
    )
)
class PreviewByFormerName(PreviewRules):
    """`segments/look`, until it is removed."""


class CountSegment(SegmentApi):
    @extend_schema(
        tags=TAGS,
        operation_id="segments_count",
        summary="Count the people in a segment",
        description="Exact if counting takes less than two seconds, otherwise estimated from a "
        "sample.",
        request=None,
        responses={200: selectors.CountView, 400: OTHERS, 404: NO_SEGMENT, **KEY_ERRORS},
    )
    def post(self, request: Request, slug: str) -> HttpResponse:
        segment = self.evaluated(slug)
        found = services.segment_count(segment=segment)
        return answer(selectors.CountView(found.n, found.exact, segment.counted_at))


class SampleSegment(SegmentApi):
    @extend_schema(
        tags=TAGS,
        operation_id="segments_sample",
        summary="Get a sample of a segment",
        description="With the conditions that each person meets.",
        parameters=[SEED],
        responses={
            200: selectors.Sample,
            400: OTHERS,
            404: NO_SEGMENT,
            503: SLOW,
            **KEY_ERRORS,
        },
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        segment = self.evaluated(slug)
        people = _sample(read(segment.rules), segment.pk, _seed(request.GET.get("seed")))
        return answer(selectors.Sample(selectors.people_views(people)))


class Members(SegmentApi):
    @extend_schema(
        tags=TAGS,
        operation_id="segments_member",
        summary="Check whether a person is in a segment",
        responses={200: selectors.Membership, 400: OTHERS, 404: NO_SEGMENT, **KEY_ERRORS},
    )
    def get(self, request: Request, slug: str, external_id: str) -> HttpResponse:
        segment = self.evaluated(slug)
        found = sample.member(read(segment.rules), segment.pk, external_id)
        if found is None:
            raise not_found("external_id", "Recipient not found.")
        return answer(selectors.Membership(found.is_in, selectors.reason_views(found.reasons)))


@takes_body(BodyLimit(LINES))
class Uploads(SegmentApi):
    @extend_schema(
        tags=TAGS,
        operation_id="segments_uploads",
        summary="List the uploads of a segment",
        description="The last 20, newest first.",
        responses={200: selectors.UploadReports, 404: NO_SEGMENT, **KEY_ERRORS},
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        rows = self.segment(slug).uploads.all()[:UPLOADS_SHOWN]
        return answer(selectors.UploadReports([selectors.upload_view(row, now()) for row in rows]))

    @extend_schema(
        tags=TAGS,
        operation_id="segments_upload",
        summary="Upload a list of ids",
        description="CSV (text/csv, or application/octet-stream) with one id per line and any "
        "number of lines: the first column, or the one named `external_id`, `user_id` or `id`; "
        "UTF-8, UTF-16 or "
        "Windows-1252. An invalid line is reported by its number; other rows are still imported. "
        "Uploading a list again changes nothing. If no line is recognised, the report says why; "
        "with the mode `replace` the upload is then refused with 400, and nobody is removed.",
        parameters=[OpenApiParameter("mode", str, enum=MODES, description="Default: `add`.")],
        request={"text/csv": str, BYTES: OpenApiTypes.BINARY},
        responses={
            200: selectors.UploadReport,
            400: UNRECOGNISED,
            404: NO_SEGMENT,
            409: error("Another upload for this segment is being processed.", "busy"),
            415: error("The content type must be text/csv.", "unsupported_media_type"),
            **KEY_ERRORS,
        },
    )
    def post(self, request: Request, slug: str) -> HttpResponse:
        segment = self.segment(slug)
        _refuse_other_than_csv(request)
        mode = request.GET.get("mode", MODES[0])
        if mode not in MODES:
            raise InvalidFields({"mode": f"`mode` must be one of {', '.join(MODES)}."})
        stream = body_stream(cast(WSGIRequest, request._request))
        by = f"service {cast(Caller, request.user).service}"
        upload = uploads.upload_begin(segment=segment, mode=mode, by=by)
        uploads.upload_read(upload=upload, stream=stream)
        if upload.state == SegmentUpload.State.REFUSED and mode == SegmentUpload.Mode.REPLACE:
            raise InvalidFields({"body": upload.problem}, "not_recognised")
        self.count_again(segment)
        return answer(selectors.upload_view(upload, now()))


class UndoUpload(SegmentApi):
    @extend_schema(
        tags=TAGS,
        operation_id="segments_upload_undo",
        summary="Undo the last upload of a segment",
        description="Removes the people it added and restores those it removed. Only the last "
        "upload can be undone, and only once.",
        request=None,
        responses={200: selectors.UploadReport, 404: NO_UPLOAD, 409: NO_UNDO, **KEY_ERRORS},
    )
    def post(self, request: Request, slug: str, upload_id: int) -> HttpResponse:
        segment = self.segment(slug)
        upload = segment.uploads.filter(pk=upload_id).first()
        if upload is None:
            raise not_found("id", "Upload not found.")
        done = upload_undo(upload=upload)
        self.count_again(segment)
        return answer(selectors.upload_view(done, now()))


def _sample(node: Node, segment_id: int, seed: int) -> list[sample.Sampled]:
    try:
        return sample.sample(node, segment_id, seed)
    except TooSlow:
        message = "This would take too long; use the count instead."
        raise ApiError(503, "too_slow", message) from None


def _seed(text: str | None) -> int:
    if not text:
        return 0
    if text.isdecimal() and int(text[:12]) <= SEED_MOST:
        return int(text[:12])
    raise InvalidFields({"seed": f"`seed` must be between 0 and {SEED_MOST}."})


def _refuse_other_than_csv(request: Request) -> None:
    if (request.content_type or "").partition(";")[0].strip().lower() not in CSV:
        message = "The content type must be text/csv."
        raise ApiError(415, "unsupported_media_type", message, {"Content-Type": message})
