"""What every request passes before its view: its address behind proxies, the bounds and errors of
every path, what pages of the admin may load, and who asks, for the audit log.
"""

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.module_loading import import_string

from notifyproj.core.api.authentication import caller_of, presented_secret, scope_for
from notifyproj.core.api.bodies import BodyLimit, limit_of
from notifyproj.core.api.errors import (
    ApiError,
    error_response,
    exception_handler,
    is_api,
    status_error,
)
from notifyproj.core.audit import log as audit
from notifyproj.core.models import Scope

ADMIN = "/admin/"
POLICY = "Content-Security-Policy"
SAFE = {"GET", "HEAD", "OPTIONS"}
NOT_CONFIGURATION = {Scope.SEND, Scope.READ, Scope.RECIPIENTS}


class ClientAddress:
    """The address of whoever asks, behind a counted number of proxies. Each of them adds the
    address it saw to the end of `X-Forwarded-For`; what stands before is anybody's to write."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        peer, said = request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR")
        if settings.PROXIES and said:
            request.META["REMOTE_ADDR"] = client_address(peer, said, settings.PROXIES)
        return self.get_response(request)


def client_address(peer: str, forwarded_for: str, proxies: int) -> str:
    """`peer` when the header is not what so many proxies write."""
    addresses = forwarded_for.rsplit(",", proxies)[-proxies:]
    return _address(addresses[0].rpartition(",")[2].strip()) or peer


def _address(text: str) -> str:
    """Also of `192.0.2.1:443` and `[2001:db8::1]:443`; empty for what is none."""
    bare = text.partition("]")[0][1:] if text.startswith("[") else text
    bare = bare.partition(":")[0] if bare.count(":") == 1 else bare
    try:
        return str(ip_address(bare))
    except ValueError:
        return ""


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
        message = "The URL must not contain the character U+0000."
        return ApiError(400, "bad_request", message, {"path": message})
    return None


def _body_problem(request: HttpRequest, limit: BodyLimit | None) -> ApiError | None:
    """WSGI reads no body without a length, so a chunked one would pass for an empty one."""
    length = request.META.get("CONTENT_LENGTH") or ""
    limit, is_own = limit or BodyLimit(settings.DATA_UPLOAD_MAX_MEMORY_SIZE), limit is not None
    if length.isdecimal() and int(length[:19]) > limit.most:
        message = f"The request body must not exceed {limit.most:,} bytes."
        return ApiError(413, limit.code, message, {limit.field: message})
    if not length and request.META.get("HTTP_TRANSFER_ENCODING") and not is_own:
        message = "The `Content-Length` header is required."
        return ApiError(411, "length_required", message, {"Content-Length": message})
    return None


class AdminPolicy:
    """Says with each page of the admin what it may load. A view that sets the header itself, as a
    preview in a frame does, is left alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path_info.startswith(ADMIN) and POLICY not in response:
            response[POLICY] = import_string(settings.ADMIN_POLICY)()
        return response


class AuditActor:
    """Tells the database who asks, where a request may change the configuration. Sending, reading
    and writing recipients change none of it, and are many: they are not asked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return self.get_response(request)
        finally:
            if getattr(request, "has_actor", False):
                audit.end()

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if request.method in SAFE:
            return None
        try:
            actor = _of_admin(request) or _of_key(request, getattr(view, "cls", None))
        except (OperationalError, InterfaceError) as error:
            if not is_api(request):
                raise
            return exception_handler(error, {})  # a view's errors go there by themselves
        if actor is not None:
            audit.begin(actor)
            request.has_actor = True  # type: ignore[attr-defined]  # Django keeps what is set
        return None


def _of_admin(request: HttpRequest) -> audit.Actor | None:
    if not request.path_info.startswith(ADMIN) or not request.user.is_authenticated:
        return None
    return audit.Actor(audit.USER, request.user.get_username(), request.user.pk, _ip(request))


def _of_key(request: HttpRequest, view: Any) -> audit.Actor | None:
    scope = scope_for(view, request.method or "") if view is not None else None
    secret = presented_secret(request.META)
    if scope is None or scope in NOT_CONFIGURATION or secret is None:
        return None
    caller = caller_of(secret)
    if caller is None:
        return None
    return audit.Actor(audit.KEY, caller.service, caller.key_id, _ip(request))


def _ip(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))
