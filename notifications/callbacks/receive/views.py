"""Callbacks on the `web` process, so that PUBLIC_URL alone is enough. Where many come, a proxy
leads /hooks/ to the `live` process, which stores them by the batch; see `asgi`."""

import logging

from django.db import Error
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from channels import base
from notifications.callbacks.receive import certificates, store
from notifications.callbacks.receive.accounts import callers
from notifications.callbacks.receive.verify import (
    BUSY,
    FORBIDDEN,
    MOST_BYTES,
    NOT_ALLOWED,
    TOO_LARGE,
    certificate_url,
    check,
    request_of,
    stranger,
)
from notifyproj.core.api.bodies import BodyLimit, takes_body
from notifyproj.core.clock import now as clock_now

log = logging.getLogger(__name__)


@takes_body(BodyLimit(MOST_BYTES, of_strangers=True))
@csrf_exempt
def hook(request: HttpRequest, kind: str, slug: str) -> HttpResponse:
    """Public: the provider's signature is what counts."""
    try:
        answer = _answer(request, kind, slug)
    except Error as error:
        log.error("a callback was not stored", extra={"error": type(error).__name__})
        answer = BUSY
    except UnreadablePostError:
        answer = base.HttpResponse(400, {}, b"")
    return HttpResponse(answer.body, status=answer.status, headers=_headers(answer))


def _answer(request: HttpRequest, kind: str, slug: str) -> base.HttpResponse:
    if request.method != "POST":
        return NOT_ALLOWED
    known = callers.get()
    caller = known.by_name.get((kind, slug))
    if caller is None:
        return stranger(known, kind, slug)
    body = _body(request)
    if body is None:
        return TOO_LARGE
    headers = {name.lower(): value for name, value in request.headers.items()}
    asked = request_of(request.path, request.META.get("QUERY_STRING", ""), headers, body)
    url = certificate_url(caller, asked)
    certificate = certificates.get(url) if url else ""
    if url and not certificate:
        return BUSY
    accepted = check(caller, asked, clock_now(), certificate)
    if accepted is None:
        return FORBIDDEN
    store.insert([accepted.row])
    return accepted.reply


def _body(request: HttpRequest) -> bytes | None:
    """In bounded memory, whatever length was announced; None when it is too large."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MOST_BYTES:
        return None
    body = request.read(MOST_BYTES + 1)
    return body if len(body) <= MOST_BYTES else None


def _headers(answer: base.HttpResponse) -> dict[str, str]:
    return {"content-type": "text/plain", "cache-control": "no-store", **answer.headers}
