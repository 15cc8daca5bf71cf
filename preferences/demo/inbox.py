"""`/inbox/demo/`: the component in a demo shop, signed in as `user-123`.

For trying things: the routes exist only where SANDBOX is on, since they hand out a token to
anybody.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from preferences.models import Recipient
from preferences.recipients.api.inbox_tokens import token_for

USER = "user-123"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self' {live}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@require_safe
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    known = Recipient.objects.filter(external_id=USER, erased_at=None).exists()
    context = {"user": USER, "known": known, "live_url": settings.LIVE_URL}
    response = render(request, "inbox/demo.html", context)
    live = urlsplit(settings.LIVE_URL)
    response["Content-Security-Policy"] = POLICY.format(live=f"{live.scheme}://{live.netloc}")
    return response


@require_safe
@never_cache
def token(request: HttpRequest) -> HttpResponse:
    """What a product's own back end does for whoever is signed in there."""
    found = token_for(USER)
    if found is None:
        return JsonResponse({"error": {"code": "unknown_recipient", "fields": {}}}, status=404)
    return JsonResponse({"token": found.value, "expires_at": found.expires_at.isoformat()})


urlpatterns = [path("", page, name="inbox-demo"), path("token", token, name="inbox-demo-token")]
