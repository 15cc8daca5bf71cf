"""What holds for every path, whoever answers it."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from notifyproj.core.api.body_limits import BodyLimit, limit_of
from notifyproj.core.api.errors import ApiError, error_response, is_api, status_error


class ApiMiddleware:
    """Bounds bodies, refuses NUL, and gives errors made by Django itself the API's shape.

    A view says with `takes_body` that it takes a larger body than others.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code < 400 or not is_api(request):
            return response
        if response.headers.get("Content-Type", "").startswith("application/json"):
            return response
        return error_response(status_error(response.status_code))

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        problem = _nul_problem(request) or _body_problem(request, limit_of(view))
        if problem is None:
            return None
        if is_api(request):
            return error_response(problem)
        return HttpResponse(problem.message, "text/plain; charset=utf-8", problem.status)


def _nul_problem(request: HttpRequest) -> ApiError | None:
    """Postgres has no text with U+0000, so it names nothing there is."""
    if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
        message = "An address may not contain the character U+0000."
        return ApiError(400, "bad_request", message, {"path": message})
    return None


def _body_problem(request: HttpRequest, limit: BodyLimit | None) -> ApiError | None:
    """WSGI reads no body without a length, so a chunked one would pass for an empty one."""
    length = request.META.get("CONTENT_LENGTH") or ""
    limit, is_own = limit or BodyLimit(settings.DATA_UPLOAD_MAX_MEMORY_SIZE), limit is not None
    if length.isdecimal() and int(length[:19]) > limit.most:
        message = f"The body may have at most {limit.most:,} bytes."
        return ApiError(413, limit.code, message, {limit.field: message})
    if not length and request.META.get("HTTP_TRANSFER_ENCODING") and not is_own:
        message = "Send the body with its length."
        return ApiError(411, "length_required", message, {"Content-Length": message})
    return None
