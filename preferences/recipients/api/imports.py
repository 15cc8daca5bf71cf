"""Import of recipients over HTTP."""

from typing import cast

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from notifyproj.core.api.bodies import LINES, BodyLimit, answer, takes_body
from notifyproj.core.api.errors import ApiError
from notifyproj.core.api.openapi import KEY_ERRORS, error
from notifyproj.core.models import Scope
from preferences.recipients import import_ndjson as imports
from preferences.recipients.api.base import TAGS
from preferences.recipients.schemas import ImportLine

BYTES = "application/octet-stream"  # the only one that generated clients know for a list
NDJSON = ("application/x-ndjson", "application/ndjson", "application/jsonl", BYTES)


@takes_body(BodyLimit(LINES))
class Import(APIView):
    required_scope = {"POST": Scope.RECIPIENTS}

    @extend_schema(
        tags=TAGS,
        operation_id="recipients_import",
        summary="Import recipients",
        description="One JSON object per line (application/x-ndjson, or "
        "application/octet-stream), any number of lines: the body of `PUT "
        "/recipients/{external_id}`, with `external_id` and `devices`. An invalid line is "
        "reported; other rows are still imported. Repeating an import changes nothing.",
        request={"application/x-ndjson": ImportLine, BYTES: OpenApiTypes.BINARY},
        examples=[
            OpenApiExample(
                "A line",
                value={"external_id": "user-123", "email": "maria@example.com"},
                request_only=True,
                media_type="application/x-ndjson",
            )
        ],
        responses={
            200: imports.ImportReport,
            415: error(
                "The content type must be application/x-ndjson.",
                "unsupported_media_type",
                **{"Content-Type": "…"},
            ),
            **KEY_ERRORS,
        },
    )
    def post(self, request: Request) -> HttpResponse:
        refuse_other_than_ndjson(request)
        stream = imports.body_stream(cast(WSGIRequest, request._request))
        return answer(imports.import_recipients(stream))


def refuse_other_than_ndjson(request: Request) -> None:
    """Raises ApiError 415 for any other content type."""
    if (request.content_type or "").partition(";")[0].strip() not in NDJSON:
        message = "The content type must be application/x-ndjson."
        raise ApiError(415, "unsupported_media_type", message, {"Content-Type": message})
