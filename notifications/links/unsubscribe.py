"""`/u/`: the page behind List-Unsubscribe, and its one-click POST (RFC 8058).

The token is all the authority there is: no login, no cookie, and so no CSRF. A GET changes
nothing, since scanners follow links.
"""

from typing import Literal

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from channels.base import EventKind
from notifications.links import buffer, tokens
from notifications.links import our_urls as ours
from notifications.links.events import Seen
from notifyproj.core.clock import now as clock_now
from notifyproj.core.encryption import lookup_hash
from notifyproj.core.ids import instant_of
from preferences.centre import pages
from preferences.centre.links import preferences_url
from preferences.centre.texts import LANGUAGES, channel_name, say
from preferences.centre.tokens import LIFE
from preferences.consent.choices import Proof, Subscription, choice_set, subscription
from preferences.type_names import named

LARGEST = 16_384  # bytes of a body
VERSION = 2  # of the words: raise it when the page says something else
ONE_CLICK = ("List-Unsubscribe", "One-Click")
Asked = Literal["", "one_click", "unsubscribe", "undo"]


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    try:
        link = tokens.read_unsubscribe(ours.keys(), token)
    except tokens.BadToken:
        return pages.gone(request)
    asked, found = _asked(request), _found(link)
    if found is None:
        return pages.gone(request)
    language = pages.language_of(request, found.locale)
    if asked and not _choose(request, link, found, asked, language):
        return pages.gone(request)
    if asked == "one_click":
        return HttpResponse("Unsubscribed.\n", "text/plain; charset=utf-8", headers=pages.headers())
    wrong = request.method == "POST" and not asked
    return _page(link, (_found(link) if asked else found) or found, asked, language, wrong)


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
    request: HttpRequest,
    link: tokens.Unsubscribe,
    found: Subscription,
    asked: Asked,
    language: str,
) -> bool:
    """False when the person or the type has just been removed."""
    by_hand = asked != "one_click"  # else the request is their mail provider's
    proof = Proof(
        source="unsubscribe_page" if by_hand else "one_click",
        at=clock_now(),
        evidence={"delivery_id": str(link.delivery_id)},
        address_hash=found.address_hash,
        ip_hash=lookup_hash("ip", request.META.get("REMOTE_ADDR", "")) if by_hand else None,
        wording=f"unsubscribe.{VERSION}.{language}" if by_hand else "",
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
        buffer.count(Seen(str(link.delivery_id), EventKind.UNSUBSCRIBED, proof.at))
    return True


def _page(
    link: tokens.Unsubscribe, found: Subscription, asked: Asked, language: str, wrong: bool
) -> HttpResponse:
    texts = LANGUAGES[language]
    names = {
        "kind": named(found.names, found.type, language),
        "channel": channel_name(texts, link.channel),
    }
    key = "again" if asked == "undo" else "stop_one"
    if found.mandatory:
        title, text = texts["fixed"], say(texts, "why_mandatory", **names)
    elif found.refusal:
        title, text = texts["stopped_one"], say(texts, "now_off", **names)
    else:
        title = say(texts, key, **names)
        text = say(texts, "now_on", **names) if asked == "undo" else texts["stop_others"]
    context = {
        "title": title,
        "text": text,
        "where": say(texts, "stop_where", address=found.hint) if found.hint else "",
        "can_stop": not (found.mandatory or found.refusal),
        "can_undo": found.refusal == "opted_out" and not found.mandatory,
        "stopped": bool(found.refusal) and not found.mandatory,
        "undone": asked == "undo",
        "told": bool(asked),
        "settings_url": _settings_url(link),
    }
    status = 400 if wrong else 200
    return pages.page("links/unsubscribe", context, language=language, status=status)


def _settings_url(link: tokens.Unsubscribe) -> str:
    """This link is good for ever, but the other only as long as if it came with the message."""
    sent_at = instant_of(link.delivery_id)
    return preferences_url(link.recipient_id, sent_at) if sent_at + LIFE > clock_now() else ""
