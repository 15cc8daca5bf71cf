"""`POST /api/v1/notifications` for requests that wait together: what the view does for one
(`notifications.py`), for each of them by itself, but with one transaction and one publication.

Only ordinary requests with a key that was good a moment ago come here. All others go to the view,
and so does each that this leaves unanswered: so there is one place that refuses strangers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from io import BytesIO

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.http.request import split_domain_port, validate_host
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware

from notifications.accept.accept import Answer, Call, accept_together, is_full, refuse
from notifications.accept.requests import SendRequest
from notifications.api.notifications import Notifications
from notifyproj.core.api.authentication import (
    Caller,
    caller_of,
    charge_each,
    is_remembered,
    presented_secret,
)
from notifyproj.core.api.bodies import answer, check_idempotency_key, decode, mark_replayed
from notifyproj.core.api.errors import ApiError, InvalidFields, exception_handler
from notifyproj.core.clock import now
from notifyproj.core.models import Scope
from notifyproj.gateway.environ import Environ
from notifyproj.gateway.group import Asked

PATH = "/api/v1/notifications"
ORDINARY = ("*/*", "application/json")  # what most clients accept


@dataclass(slots=True)
class Send:
    """One request on its way to its answer."""

    environ: Environ
    body: bytes
    caller: Caller | None = None
    call: Call | None = None  # once it may be accepted
    response: HttpResponse | None = field(default=None)

    def refuse(self, error: Exception) -> None:
        self.response = exception_handler(error, {})


def takes(environ: Environ) -> bool:
    """Whether it is an ordinary send; asks nobody."""
    return (
        environ["PATH_INFO"] == PATH
        and environ["REQUEST_METHOD"] == "POST"
        and not environ["QUERY_STRING"]
        and "HTTP_ORIGIN" not in environ
        and environ.get("HTTP_ACCEPT", "*/*") in ORDINARY
        and environ.get("CONTENT_TYPE", "").partition(";")[0].strip() == "application/json"
        and _is_ours(environ.get("HTTP_HOST", ""))
        and is_remembered(environ)
    )


def serve(asked: Sequence[Asked]) -> list[HttpResponse | None]:
    """In a thread. None for what the view has to serve."""
    sends = [Send(each.environ, each.body) for each in asked]
    _admit(sends)
    for send in sends:
        if send.caller and not send.response:
            _read(send, send.caller)
    _accept([send for send in sends if send.call], now())
    return [_dressed(send) for send in sends]


def _admit(sends: Sequence[Send]) -> None:
    """As the API's authentication, permission and throttle do it."""
    for send in sends:
        caller = caller_of(presented_secret(send.environ) or "")
        send.caller = caller if caller and caller.may(Scope.SEND) else None
    known = [send for send in sends if send.caller]
    errors = charge_each([send.caller for send in known if send.caller])
    for send, error in zip(known, errors, strict=True):
        if error:
            send.refuse(error)


def _read(send: Send, caller: Caller) -> None:
    try:
        send.call = _call(send, caller)
    except (ApiError, InvalidFields) as error:
        send.refuse(error)


def _call(send: Send, caller: Caller) -> Call:
    request = decode(send.body, SendRequest)
    if is_full(request):
        raise refuse()
    key = check_idempotency_key(send.environ.get("HTTP_IDEMPOTENCY_KEY", ""))
    return Call(caller.service_id, [request], key)


def _accept(sends: Sequence[Send], at: datetime) -> None:
    """Together; or each by itself, when one of them has spoiled it for all."""
    calls = [send.call for send in sends if send.call]
    if not calls:
        return
    try:
        found = accept_together(calls, at)
    except Exception as error:
        if len(sends) == 1 or isinstance(error, (OperationalError, InterfaceError)):
            for send in sends:
                send.refuse(error)
            return
        for send in sends:
            _accept([send], at)
        return
    for send, (said,) in zip(sends, found, strict=True):
        _tell(send, said)


def _tell(send: Send, said: Answer) -> None:
    if said.error is not None:
        send.refuse(said.error)
    else:
        send.response = answer(said.body, 202)
        if said.replayed:
            mark_replayed(send.response)


def _dressed(send: Send) -> HttpResponse | None:
    """With the headers that the view and the middlewares give to every answer."""
    response = send.response
    if response is None:
        return None
    scheme, said = send.environ["wsgi.url_scheme"], send.environ.get("HTTP_X_FORWARDED_PROTO", "")
    for name, value in _headers(scheme, said):
        response.headers[name] = value
    response.headers["Content-Length"] = str(len(response.content))
    return response


@lru_cache(maxsize=64)
def _headers(scheme: str, forwarded_proto: str) -> tuple[tuple[str, str], ...]:
    environ = {
        "REQUEST_METHOD": "POST",
        "wsgi.url_scheme": scheme,
        "wsgi.input": BytesIO(),
        "HTTP_X_FORWARDED_PROTO": forwarded_proto,
    }
    request, view = WSGIRequest(environ), Notifications()
    view.setup(request)
    bare = HttpResponse(headers=view.default_response_headers)
    del bare.headers["Content-Type"]
    for middleware in (XFrameOptionsMiddleware, SecurityMiddleware):
        middleware(lambda _: bare).process_response(request, bare)
    return tuple(bare.headers.items())


@lru_cache(maxsize=256)
def _is_ours(host: str) -> bool:
    return validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)
