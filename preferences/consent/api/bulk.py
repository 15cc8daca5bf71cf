"""Preferences of many people over HTTP."""

from typing import cast

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from notifyproj.core.api.bodies import LINES, BodyLimit, answer, takes_body
from notifyproj.core.api.openapi import KEY_ERRORS, error
from notifyproj.core.models import Scope
from preferences.consent.api.preferences import TAGS
from preferences.consent.export_ndjson import export_preferences
from preferences.consent.import_ndjson import PreferencesReport, import_preferences
from preferences.consent.read import ExportedPreferences
from preferences.consent.schemas import PreferenceLine
from preferences.recipients.api.base import caller_of
from preferences.recipients.api.imports import BYTES, NDJSON, refuse_other_than_ndjson
from preferences.recipients.import_ndjson import body_stream

LINE = {"external_id": "user-123", "types": {"weekly_offers": {"email": True}}}
NOT_NDJSON = error(
    "The content type must be application/x-ndjson.",
    "unsupported_media_type",
    **{"Content-Type": "…"},
)


@takes_body(BodyLimit(LINES))
class Import(APIView):
    required_scope = {"POST": Scope.RECIPIENTS}

    @extend_schema(
        tags=TAGS,
        operation_id="preferences_import",
        summary="Import preferences",
        description="One JSON object per line (application/x-ndjson, or "
        "application/octet-stream), any number of lines: the body of `PATCH "
        "/recipients/{external_id}/preferences`, with `external_id`. An invalid line, or one for "
        "an unknown recipient, is reported; other rows are still imported. "
        "Repeating an import changes nothing and records no second proof.",
        request={"application/x-ndjson": PreferenceLine, BYTES: OpenApiTypes.BINARY},
        examples=[
            OpenApiExample("A line", value=LINE, request_only=True, media_type=NDJSON[0]),
        ],
        responses={200: PreferencesReport, 415: NOT_NDJSON, **KEY_ERRORS},
    )
    def post(self, request: Request) -> HttpResponse:
        refuse_other_than_ndjson(request)
        stream = body_stream(cast(WSGIRequest, request._request))
        return answer(import_preferences(stream, caller_of(request).service))


class Export(APIView):
    required_scope = {"GET": Scope.RECIPIENTS}

    @extend_schema(
        tags=TAGS,
        operation_id="preferences_export",
        summary="Export preferences",
        description="All recipients with preferences, one JSON object per line, in the format of "
        "the import.",
        responses={
            (200, "application/x-ndjson"): OpenApiResponse(
                ExportedPreferences, "One JSON object per line."
            ),
            **KEY_ERRORS,
        },
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        return StreamingHttpResponse(
            export_preferences(), content_type=NDJSON[0], headers={"Cache-Control": "no-store"}
        )
