"""The header `Idempotency-Key`: read, documented and replayed in one way by every route."""

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.api.openapi import error

NAME = "Idempotency-Key"
LONGEST = 190
KEY = OpenApiParameter(
    NAME,
    str,
    OpenApiParameter.HEADER,
    description="Up to 190 characters, kept 24 hours: the same key and body replays the first "
    "answer (with `Idempotency-Replayed: true`); the same key with another body is 409.",
)
CONFLICT = error("This key was used before with another body.", "idempotency_conflict")


def read_key(request: Request) -> str:
    """Returns an empty string when the request has none. Raises InvalidFields."""
    key = request.headers.get(NAME, "")
    if len(key) > LONGEST or not key.isprintable():
        raise InvalidFields({NAME: f"At most {LONGEST} printable characters."})
    return key


def mark_replayed(response: HttpResponse) -> HttpResponse:
    """Says that this is what the first request with the key was told."""
    response["Idempotency-Replayed"] = "true"
    return response
