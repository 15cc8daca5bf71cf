"""`/u/`: the page behind List-Unsubscribe, and its one-click POST (RFC 8058).

The token is all the authority there is: no login, no cookie, and so no CSRF. A GET changes
nothing, since scanners follow links.
"""

from typing import Literal

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from channels.base import Channel, EventKind
from notifications.links import counting, ours, tokens
from notifications.links.seen import Seen
from notifyproj.core.clock import now as clock_now
from notifyproj.core.encryption import lookup_hash
from preferences.choices import Proof, Subscription, choice_set, subscription

LARGEST = 16_384  # bytes of a body
WORDING = "unsubscribe.1"  # raise it when the page says something else
ONE_CLICK = ("List-Unsubscribe", "One-Click")
WORDS = {
    Channel.EMAIL: "email",
    Channel.SMS: "SMS",
    Channel.PUSH: "push notification",
    Channel.WEB_PUSH: "browser notification",
    Channel.INBOX: "in-app message",
    Channel.SLACK: "Slack",
    Channel.WEBHOOK: "webhook",
}
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address of the page is the key to it
    "X-Robots-Tag": "noindex, nofollow",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
}
Asked = Literal["", "one_click", "unsubscribe", "undo"]


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    try:
        link = tokens.read_unsubscribe(ours.keys(), token)
    except tokens.BadToken:
        return _gone(request)
    asked = _asked(request)
    found = _found(link)
    if found is None:
        return _gone(request)
    if asked and not _choose(request, link, found, asked):
        return _gone(request)
    if asked == "one_click":
        return HttpResponse("Unsubscribed.\n", "text/plain; charset=utf-8", headers=HEADERS)
    wrong = request.method == "POST" and not asked
    return _page(request, link, (_found(link) if asked else found) or found, asked, wrong)


def _asked(request: HttpRequest) -> Asked:
    """What a POST wants. A body that says nothing we know wants nothing."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if request.method != "POST" or not length.isdecimal() or int(length) > LARGEST:
        return ""
    name, value = ONE_CLICK
    if request.POST.get(name, "").strip() == value:
        return "one_click"
    match request.POST.get("do"):
        case "unsubscribe":
            return "unsubscribe"
        case "undo":
            return "undo"
    return ""


def _found(link: tokens.Unsubscribe) -> Subscription | None:
    return subscription(*link[1:3], link.channel, link.contact_point_id, clock_now())


def _choose(
    request: HttpRequest, link: tokens.Unsubscribe, found: Subscription, asked: Asked
) -> bool:
    """False when the person or the type has just been removed."""
    by_hand = asked != "one_click"  # else the request is their mail provider's
    proof = Proof(
        source="unsubscribe_page" if by_hand else "one_click",
        at=clock_now(),
        evidence={"delivery_id": str(link.delivery_id)},
        address_hash=found.address_hash,
        ip_hash=lookup_hash("ip", request.META.get("REMOTE_ADDR", "")) if by_hand else None,
        wording=WORDING if by_hand else "",
    )
    try:
        changed = choice_set(
            recipient_id=link.recipient_id,
            type_id=link.type_id,
            channel=link.channel,
            enabled=asked == "undo",
            proof=proof,
        )
    except IntegrityError:
        return False
    if changed and asked != "undo":
        counting.count(Seen(str(link.delivery_id), EventKind.UNSUBSCRIBED, proof.at))
    return True


def _page(
    request: HttpRequest, link: tokens.Unsubscribe, found: Subscription, asked: Asked, wrong: bool
) -> HttpResponse:
    context = {
        "found": found,
        "channel": WORDS.get(Channel(link.channel), link.channel),
        "gets": not found.refusal,
        "undone": asked == "undo",
        "can_undo": found.refusal == "opted_out",
    }
    return _render(request, "unsubscribe", context, 400 if wrong else 200)


def _gone(request: HttpRequest) -> HttpResponse:
    return _render(request, "gone", {}, 404)


def _render(
    request: HttpRequest, name: str, context: dict[str, object], status: int
) -> HttpResponse:
    page = render_to_string(f"links/{name}.html", context, request)
    return HttpResponse(page, status=status, headers=HEADERS)
