"""`/sandbox/`: what the simulators received, as people and as developers see it.

Public on purpose, for it exists only where SANDBOX is on; its posts are CSRF-protected.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from channels.sandbox import selectors
from channels.sandbox.forms import FaultForm, fault_forms
from channels.sandbox.models import Received
from channels.sandbox.services import faults_replace

View = Callable[..., HttpResponse]

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self' {live}; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
# A mail is hostile: no scripts, no forms, nothing from the network; links open a new tab.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; "
    "font-src data:; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'"
)
JSON_FIELDS = (
    *("id", "account", "provider", "received_at", "delivery_id", "recipient", "accepted"),
    *("fault", "message", "raw", "checks", "answer", "reply"),
)
TABS = {"message": "Message", "text": "Text", "headers": "Headers"}


def sandbox_only(view: View) -> View:
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.SANDBOX:
            raise Http404
        return view(request, *args, **kwargs)

    return wrapped


@require_safe
@never_cache
@sandbox_only
def page(request: HttpRequest) -> HttpResponse:
    """With `?part=1`, only the columns: what the script puts in place when something arrives."""
    part = "part" in request.GET
    return _page(request, _columns(request) if part else {**_columns(request), **_frame()}, part)


@require_POST
@sandbox_only
def faults(request: HttpRequest, account: str) -> HttpResponse:
    known = next((row for row in selectors.accounts() if row.slug == account), None)
    if known is None:
        raise Http404
    posted = fault_forms(account, known.faults, request.POST)
    if not all(form.is_valid() for form in posted):
        context = {**_columns(request), **_frame({account: posted})}
        return _page(request, context, status=422)
    rules = [form.rule() for form in posted if form.cleaned_data["on"]]
    faults_replace(account=account, rules=rules)
    messages.success(request, _said(account, [(rule.kind, rule.share) for rule in rules]))
    return redirect("sandbox")


@require_safe
@never_cache
@xframe_options_sameorigin
@sandbox_only
def mail_html(request: HttpRequest, pk: int) -> HttpResponse:
    row = selectors.mail(pk)
    if row is None:
        raise Http404
    response = HttpResponse('<base target="_blank">' + row.message.get("html", ""))
    response["Content-Security-Policy"] = MAIL_POLICY
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_safe
@never_cache
@sandbox_only
def received(request: HttpRequest) -> HttpResponse:
    """`?after=<id>`: what came after that one, oldest first, 500 at most."""
    after = request.GET.get("after", "0")
    if not (after.isascii() and after.isdecimal() and len(after) < 19):
        message = "after must be the id of a received request"
        error = {"code": "invalid", "message": message, "fields": {"after": message}}
        return JsonResponse({"error": error}, status=400)
    rows = [_row(row) for row in selectors.received_after(int(after))]
    return JsonResponse({"received": rows, "last": rows[-1]["id"] if rows else int(after)})


def _page(
    request: HttpRequest, context: dict[str, Any], part: bool = False, status: int = 200
) -> HttpResponse:
    template = "sandbox/columns.html" if part else "sandbox/page.html"
    response = render(request, template, context, status=status)
    live = urlsplit(settings.LIVE_URL)
    response["Content-Security-Policy"] = PAGE_POLICY.format(live=f"{live.scheme}://{live.netloc}")
    response["Referrer-Policy"] = "same-origin"
    return response


def _columns(request: HttpRequest) -> dict[str, Any]:
    wanted = request.GET.get("mail", "")
    chosen = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 19 else None
    tab = request.GET.get("tab", "message")
    return {
        "now": timezone.now(),
        "ios": selectors.pushes("ios"),
        "android": selectors.pushes("android"),
        "web": selectors.pushes("web"),
        "threads": selectors.threads(),
        "mails": selectors.mails(),
        "mail": selectors.mail(chosen) or selectors.mail(None),  # the chosen one may be gone
        "tab": tab if tab in TABS else "message",
        "tabs": TABS,
        "requests": selectors.requests(),
    }


def _frame(posted: dict[str, list[FaultForm]] | None = None) -> dict[str, Any]:
    accounts = [
        {"account": row, "wrong": row.slug in (posted or {}), "forms": forms}
        for row in selectors.accounts()
        for forms in [(posted or {}).get(row.slug) or fault_forms(row.slug, row.faults)]
    ]
    stream = f"{settings.LIVE_URL.rstrip('/')}/sandbox/stream"
    return {"accounts": accounts, "stream": stream, "sandbox_url": settings.SANDBOX_URL}


def _said(account: str, rules: list[tuple[str, float]]) -> str:
    if not rules:
        return f"{account} has no faults now"
    kinds = ", ".join(f"{kind.replace('_', ' ')} for {share * 100:.4g} %" for kind, share in rules)
    return f"Faults of {account}: {kinds} of its requests"


def _row(row: Received) -> dict[str, Any]:
    return {name: getattr(row, name) for name in JSON_FIELDS}
