"""Is this a callback of that account? What comes in, whichever server took it. No I/O."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.conf import settings

from channels.base import HttpResponse, InboundRequest
from notifications.callbacks.receive.accounts import Caller, Callers
from notifications.callbacks.receive.store import Inbound

log = logging.getLogger(__name__)

MOST_BYTES = 5 * 1024 * 1024
PATH = re.compile(r"/hooks/([a-z0-9_]{1,32})/([-a-zA-Z0-9_]{1,50})")
KEPT_HEADERS: Final = ("content-type", "x-amz-sns-message-type")
PINNED = "signing_certificate"  # a setting of an account: no other is fetched

NO_CONTENT = HttpResponse(204, {}, b"")
NOT_FOUND = HttpResponse(404, {}, b"")
FORBIDDEN = HttpResponse(403, {}, b"")
NOT_ALLOWED = HttpResponse(405, {"allow": "POST"}, b"")
TOO_LARGE = HttpResponse(413, {}, b"")
BUSY = HttpResponse(503, {"retry-after": "5"}, b"")  # providers come again


@dataclass(frozen=True, slots=True)
class Accepted:
    row: Inbound
    reply: HttpResponse  # once the row is stored


def request_of(path: str, query: str, headers: Mapping[str, str], body: bytes) -> InboundRequest:
    """As the provider sent it: it signs the URL we are known by, whatever proxy is in between."""
    url = settings.PUBLIC_URL.rstrip("/") + path + (f"?{query}" if query else "")
    return InboundRequest("POST", url, headers, body)


def stranger(callers: Callers, kind: str, slug: str) -> HttpResponse:
    """To what is for no caller of ours; one that cannot be read just now is asked to come again."""
    return BUSY if (kind, slug) in callers.unreadable else NOT_FOUND


def certificate_url(caller: Caller, request: InboundRequest) -> str | None:
    """What has to be fetched before this can be checked. Where it cannot be had, the answer is
    BUSY: a provider takes a refusal for its last word."""
    if caller.certified is None or caller.account.settings.get(PINNED):
        return None
    try:
        if not caller.certified.is_expected(request, caller.account):
            return None
        return caller.certified.certificate_url(request)
    except Exception as error:
        _tell(caller, error)
        return None


def check(
    caller: Caller, request: InboundRequest, now: datetime, certificate: str = ""
) -> Accepted | None:
    """None for what is not proven to be theirs; nobody is told why."""
    if certificate:
        request = replace(request, certificate=certificate)
    try:
        if not caller.adapter.verify(request, caller.account, now):
            return None
        reply = caller.replying.reply(request) if caller.replying else NO_CONTENT
    except Exception as error:
        _tell(caller, error)
        return None
    headers = {name: _clean(request.headers.get(name, "")) for name in KEPT_HEADERS}
    kept = {name: value for name, value in headers.items() if value}
    url = request.url[:2000].replace("\x00", "")
    return Accepted(
        Inbound(
            account_id=caller.account.id, received_at=now, url=url, headers=kept, body=request.body
        ),
        reply,
    )


def _clean(value: str) -> str:
    return value[:200] if value.isprintable() else ""


def _tell(caller: Caller, error: Exception) -> None:
    """Our bug; its words may quote the callback, so not them."""
    problem = {"account": caller.account.slug, "error": type(error).__name__}
    log.error("a callback could not be checked", extra=problem)
