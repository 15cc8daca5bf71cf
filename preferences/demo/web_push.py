"""`/web-push/demo/`: a demo shop that asks its visitor, `user-123`, for push.

For trying things: the routes exist only where SANDBOX is on, since anybody may register there.
The browser subscribes at the sandbox's push service, or, when the app's account has no endpoint
of its own, at the browser's.
"""

from typing import Any
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from channels.base import Channel
from channels.models import ProviderAccount
from notifyproj.core.api.bodies import decode
from notifyproj.core.api.errors import InvalidFields
from preferences.models import Recipient
from preferences.recipients.services import NoSuchRecipient
from preferences.recipients.web_push import Browser, public_key_of, web_push_register

USER = "user-123"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; worker-src 'self'; "
    "connect-src 'self' {push}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


@require_safe
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    known = Recipient.objects.filter(external_id=USER, erased_at=None).exists()
    found = _push_settings()
    response = render(request, "web_push/demo.html", {"user": USER, "known": known, **found})
    push = urlsplit(found["endpoint"])
    origin = f"{push.scheme}://{push.netloc}" if push.netloc else ""
    response["Content-Security-Policy"] = POLICY.format(push=origin)
    return response


@require_safe
@never_cache
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker: from here, for what it may serve is what lies beside it."""
    found = finders.find("web_push/worker.js")
    if not isinstance(found, str):
        raise Http404
    with open(found, "rb") as file:
        return HttpResponse(file.read(), "text/javascript; charset=utf-8")


@require_POST
def register(request: HttpRequest) -> HttpResponse:
    """What a product's own back end does with the subscription of whoever is signed in there."""
    try:
        browser = decode(request.body, Browser)
        id_, _ = web_push_register(external_id=USER, browser=browser)
    except InvalidFields as error:
        return _problem(400, "invalid", error.fields)
    except NoSuchRecipient:
        return _problem(404, "unknown_recipient", {})
    return JsonResponse({"id": id_})


def _push_settings() -> dict[str, Any]:
    """App, key and push service of the first account for web push; empty without one."""
    rows = ProviderAccount.objects.filter(channel=Channel.WEB_PUSH, enabled=True, app__isnull=False)
    row = rows.select_related("app").order_by("pk").first()
    if row is None or row.app is None:
        return {"app": "", "key": "", "endpoint": ""}
    return {"app": row.app.slug, "key": public_key_of(row.app.slug) or "", "endpoint": row.endpoint}


def _problem(status: int, code: str, fields: dict[str, str]) -> HttpResponse:
    return JsonResponse({"error": {"code": code, "fields": fields}}, status=status)


urlpatterns = [
    path("", page, name="web-push-demo"),
    path("worker.js", worker, name="web-push-demo-worker"),
    path("register", register, name="web-push-demo-register"),
]
