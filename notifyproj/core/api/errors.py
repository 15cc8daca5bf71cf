"""One shape for every error of the API: `{"error": {"code", "message", "fields"}}`.

`code` is for programs, `message` for people, `fields` says what to mend ({} if nothing named).
"""

import logging
import math
import uuid
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from rest_framework import exceptions

logger = logging.getLogger(__name__)

Fields = Mapping[str, str]
API_PATHS = ("/api/", "/inbox/api/")

# Django's and DRF's own errors: status, code, the field to look at, message (None: DRF's own).
KNOWN: list[tuple[type[Exception], int, str, str, str | None]] = [
    (Http404, 404, "not_found", "", "Route not found."),
    (exceptions.NotFound, 404, "not_found", "", None),
    (PermissionDenied, 403, "forbidden", "", "This API key is not allowed to do this."),
    (exceptions.PermissionDenied, 403, "forbidden", "", None),
    (exceptions.AuthenticationFailed, 401, "unauthenticated", "Authorization", None),
    (
        exceptions.NotAuthenticated,
        401,
        "unauthenticated",
        "Authorization",
        "Send your API key as `Authorization: Bearer nk_...`.",
    ),
    (exceptions.ParseError, 400, "invalid_json", "body", None),
    (exceptions.MethodNotAllowed, 405, "method_not_allowed", "", None),
    (exceptions.NotAcceptable, 406, "not_acceptable", "Accept", None),
    (exceptions.UnsupportedMediaType, 415, "unsupported_media_type", "Content-Type", None),
    (exceptions.Throttled, 429, "rate_limited", "", "Too many requests."),
    (RequestDataTooBig, 413, "body_too_large", "body", "The request body is too large."),
    (TooManyFilesSent, 400, "too_many_parts", "body", "The form has too many files."),
    (TooManyFieldsSent, 400, "too_many_parts", "body", "The form has too many parts."),
    (SuspiciousOperation, 400, "bad_request", "body", "The request could not be understood."),
    (UnreadablePostError, 400, "body_unreadable", "body", "The request body is incomplete."),
    (OperationalError, 503, "unavailable", "", "The database is unavailable; try again."),
    (InterfaceError, 503, "unavailable", "", "The database is unavailable; try again."),
]
STATUS_CODES = {
    400: ("bad_request", "The request could not be understood."),
    403: ("forbidden", "This action is not allowed."),
    404: ("not_found", "Route not found."),
    405: ("method_not_allowed", "This route does not support this method."),
    413: ("body_too_large", "The request body is too large."),
    500: ("internal_error", "Internal server error."),
}


class ApiError(Exception):
    """An answer to the caller. `fields` is {name: what is wrong}; `retry_after` in seconds."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        fields: Fields | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = dict(fields or {})
        self.retry_after = retry_after


class InvalidFields(ValueError):
    """Something asked for cannot be: `fields` is {name: what is wrong}, at least one."""

    def __init__(self, fields: Fields, code: str = "invalid", status: int = 400) -> None:
        super().__init__(next(iter(fields.values())))
        self.fields = dict(fields)
        self.code = code
        self.status = status


def not_found(field: str, message: str) -> ApiError:
    """Returns a 404 that names the field whose value was not found."""
    return ApiError(404, "not_found", message, {field: message})


def error_body(code: str, message: str, fields: Fields | None = None) -> dict[str, Any]:
    """Returns the body that every error of the API has; `fields` are messages by field."""
    return {"error": {"code": code, "message": message, "fields": dict(fields or {})}}


def error_response(error: ApiError) -> HttpResponse:
    """Returns the response for an error, with `Retry-After` in whole seconds where it has one."""
    body = error_body(error.code, error.message, error.fields)
    response = JsonResponse(body, status=error.status)
    response._has_been_logged = True  # type: ignore[attr-defined]  # else Django does, each 4xx
    if error.retry_after is not None:
        response["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    return response


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """DRF's hook. Every exception becomes an answer; an unexpected one is logged with its id."""
    if isinstance(exc, ApiError):
        return error_response(exc)
    if isinstance(exc, exceptions.ValidationError):
        exc = InvalidFields(dict(_flatten("", exc.detail)) or {"body": "Invalid."})
    if isinstance(exc, InvalidFields):
        return error_response(ApiError(exc.status, exc.code, str(exc), exc.fields))
    for kind, status, code, field, message in KNOWN:
        if isinstance(exc, kind):
            return _known(exc, status, code, field, message)
    return unexpected()


def unexpected() -> HttpResponse:
    """500 for the exception being handled: its traceback in our log, only an id to the caller."""
    request_id = uuid.uuid4().hex[:16]
    logger.exception("unexpected error", extra={"request_id": request_id})
    message = f"Internal server error. Quote the request id {request_id} when you report it."
    response = error_response(ApiError(500, "internal_error", message))
    response["X-Request-Id"] = request_id
    return response


def status_error(status: int) -> ApiError:
    """For an answer Django made of HTML, of which only the status is known."""
    code, message = STATUS_CODES.get(status, ("error", "The request failed."))
    return ApiError(status, code, message)


def is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith(API_PATHS)


def _known(exc: Exception, status: int, code: str, field: str, message: str | None) -> HttpResponse:
    own = getattr(getattr(exc, "detail", None), "code", None)
    if own not in (None, getattr(exc, "default_code", None)):
        code = str(own)  # whoever raised it chose a code
    text = message or str(getattr(exc, "detail", "The request failed."))
    retry_after = getattr(exc, "wait", None) or (1.0 if status == 503 else None)
    if status == 503:
        logger.warning("database away", extra={"error": str(exc).strip()})
    response = error_response(
        ApiError(
            status=status,
            code=code,
            message=text,
            fields={field: text} if field else None,
            retry_after=retry_after,
        )
    )
    if auth_header := getattr(exc, "auth_header", None):
        response["WWW-Authenticate"] = auth_header
    return response


def _flatten(path: str, detail: Any) -> list[tuple[str, str]]:
    """DRF's nested detail as (dotted path, first message)."""
    if isinstance(detail, Mapping):
        pairs = [(f"{path}.{key}".lstrip("."), value) for key, value in detail.items()]
    elif isinstance(detail, list) and detail and isinstance(detail[0], (Mapping, list)):
        pairs = [(f"{path}.{i}".lstrip("."), value) for i, value in enumerate(detail) if value]
    else:
        return [(path or "body", str(detail[0] if isinstance(detail, list) else detail))]
    return [found for key, value in pairs for found in _flatten(key, value)]
