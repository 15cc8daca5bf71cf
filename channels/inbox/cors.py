"""Let the pages of INBOX_ORIGINS call us from a browser. No cookies, so no credentials either.

https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

View = Callable[..., HttpResponseBase]
AsyncView = Callable[..., Coroutine[Any, Any, HttpResponseBase]]

ALLOWED_HEADERS = "Authorization, Content-Type, Last-Event-ID"
PREFLIGHT_SECONDS = "600"


def with_cors(view: View) -> View:
    """Answers preflights, and adds the headers to every other answer, errors included."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "OPTIONS":
            return _preflight(request)
        return _add_headers(request, view(request, *args, **kwargs))

    return wrapped


def with_cors_async(view: AsyncView) -> AsyncView:
    @wraps(view)
    async def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "OPTIONS":
            return _preflight(request)
        return _add_headers(request, await view(request, *args, **kwargs))

    return wrapped


def _preflight(request: HttpRequest) -> HttpResponseBase:
    response = _add_headers(request, HttpResponse(status=204))
    if "Access-Control-Allow-Origin" in response.headers:
        response.headers["Access-Control-Allow-Methods"] = "GET, POST"
        response.headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
        response.headers["Access-Control-Max-Age"] = PREFLIGHT_SECONDS
    return response


def _add_headers(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    origin = request.headers.get("Origin", "")
    response.headers["Vary"] = "Origin"
    if origin and (origin in settings.INBOX_ORIGINS or "*" in settings.INBOX_ORIGINS):
        response.headers["Access-Control-Allow-Origin"] = origin
    return response
