"""The header `Idempotency-Key`: read, documented and replayed in one way by every route."""

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.api.openapi import error

NAME = "Idempotency-Key"
LONGEST = 190  # characters
KEY = OpenApiParameter(
    NAME,
    str,
    OpenApiParameter.HEADER,
    description="At most 190 characters, kept for 24 hours. The same key with the same body "
    "returns the first response (with `Idempotency-Replayed: true`); with a different body it is "
    "refused with 409.",
)
CONFLICT = error(
    "This idempotency key was used with a different request body.", "idempotency_conflict"
)


def read_key(request: Request) -> str:
    """Returns an empty string when the request has none. Raises InvalidFields."""
    key = request.headers.get(NAME, "")
    if len(key) > LONGEST or not key.isprintable():
        message = f"`{NAME}` must have at most {LONGEST} printable characters."
        raise InvalidFields({NAME: message})
    return key


def mark_replayed(response: HttpResponse) -> HttpResponse:
    """Says that this is what the first request with the key was told."""
    response["Idempotency-Replayed"] = "true"
    return response
