"""Tells the database who asks, where a request may change the configuration.

Sending, reading and writing recipients change none of it, and are many: they are not asked.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from notifyproj.core.api.authentication import caller_of, presented_secret
from notifyproj.core.api.permissions import scope_for
from notifyproj.core.audit import log as audit
from notifyproj.core.models import Scope

SAFE = {"GET", "HEAD", "OPTIONS"}
NOT_CONFIGURATION = {Scope.SEND, Scope.READ, Scope.RECIPIENTS}


class AuditActor:
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
    ) -> None:
        if request.method in SAFE:
            return
        actor = _of_admin(request) or _of_key(request, getattr(view, "cls", None))
        if actor is not None:
            audit.begin(actor)
            request.has_actor = True  # type: ignore[attr-defined]


def _of_admin(request: HttpRequest) -> audit.Actor | None:
    if not request.path_info.startswith("/admin/") or not request.user.is_authenticated:
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
