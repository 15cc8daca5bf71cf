"""`/t/`: links and pixels of our messages. They count, and change nothing else."""

from base64 import b64decode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from channels.base import EventKind
from notifications.links import buffer, tokens
from notifications.links import our_urls as ours
from notifications.links.bots import bot_code
from notifications.links.events import Seen
from notifyproj.core.clock import now as clock_now

PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
HEADERS = {
    "Cache-Control": "no-store, max-age=0",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


@require_safe
def click(request: HttpRequest, token: str) -> HttpResponse:
    """Where to is in the signed token, so it leads nowhere we did not choose. Good for ever."""
    try:
        link = tokens.read_click(ours.keys(), token)
    except tokens.BadToken:
        raise Http404 from None
    _count(request, link, link.url)
    return HttpResponseRedirect(link.url, headers=HEADERS)


@require_safe
def opened(request: HttpRequest, token: str) -> HttpResponse:
    try:
        link = tokens.read_open(ours.keys(), token)
    except tokens.BadToken:
        raise Http404 from None
    _count(request, link)
    return HttpResponse(PIXEL, "image/gif", headers=HEADERS)


def _count(request: HttpRequest, link: tokens.Open | tokens.Click, url: str = "") -> None:
    if request.method != "GET":
        return
    kind, now = EventKind.CLICKED if url else EventKind.OPENED, clock_now()
    headers = {name.lower(): value for name, value in request.headers.items()}
    agent = headers.get("user-agent", "")
    who = bot_code(agent, headers, link.sent_at, now, click=bool(url))
    buffer.count(Seen(delivery_id=str(link.delivery_id), kind=kind, at=now, bot=who, url=url))
