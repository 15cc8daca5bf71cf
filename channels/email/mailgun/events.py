"""Mailgun's webhooks. https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks
(read 2026-11)

The signature covers a time and a token, not the event: a token counts once, and for nothing but
the deliveries it names. Only 200 is success there; anything else but 406 comes again for eight
hours, with the time and the token of the first attempt.
"""

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from channels.answers import json_object
from channels.base import Account, Event, EventKind, HttpResponse, InboundRequest
from channels.email.events import REASONS, digest, enhanced_code, is_recent, moment, ours, text

WINDOW = 12 * 3600.0  # seconds a signature is good for: those of its retries, and some

EVENTS = {
    "rejected": EventKind.FAILED,
    "delivered": EventKind.DELIVERED,
    "failed": EventKind.BOUNCED_SOFT,
    "opened": EventKind.OPENED,
    "clicked": EventKind.CLICKED,
    "unsubscribed": EventKind.UNSUBSCRIBED,
    "complained": EventKind.COMPLAINED,
}
NO_NEWS = frozenset({"accepted"})  # queued there; its answer to the request said so
# Reasons of a permanent failure.
REFUSALS = {
    "bounce": EventKind.BOUNCED_HARD,
    "suppress-bounce": EventKind.SUPPRESSED,
    "suppress-complaint": EventKind.SUPPRESSED,
    "suppress-unsubscribe": EventKind.SUPPRESSED,
}


def verify(request: InboundRequest, account: Account, now: datetime) -> bool:
    key = account.credentials.get("webhook_signing_key", "")
    signature = _object(json_object(request.body), "signature")
    token, given = text(signature.get("token")), text(signature.get("signature"))
    stamp = _stamp(signature.get("timestamp"))
    if not (key and token and stamp.isascii() and stamp.isdecimal() and given.isascii()):
        return False
    if not is_recent(moment(float(stamp)), now, WINDOW):
        return False
    right = hmac.digest(key.encode(), f"{stamp}{token}".encode("utf-8", "replace"), "sha256")
    return hmac.compare_digest(right.hex(), given)


def _stamp(value: object) -> str:
    """Signed as it is written; some of its senders write a number."""
    return str(value) if isinstance(value, int) and 0 < value < 10**12 else text(value)


def nonce(request: InboundRequest) -> str:
    return text(_object(json_object(request.body), "signature").get("token"))


def reply(request: InboundRequest) -> HttpResponse:
    return HttpResponse(200, {}, b"")


def parse_events(request: InboundRequest) -> list[Event]:
    row = _object(json_object(request.body), "event-data")
    name = text(row.get("event"), 40)
    if not name or name in NO_NEWS:
        return []
    status, address = _object(row, "delivery-status"), text(row.get("recipient"))
    kind, code = _kind(name, row, status)
    variables, client = _object(row, "user-variables"), _object(row, "client-info")
    delivery_id, attempt = ours(variables.get("delivery"), variables.get("attempt"))
    message = _object(_object(row, "message"), "headers")
    event = Event(
        dedupe_key=digest(row.get("id"), row.get("timestamp"), address, name),
        kind=kind,
        at=moment(row.get("timestamp")),
        delivery_id=delivery_id,
        attempt=attempt,
        provider_id=text(message.get("message-id")),
        reason=REASONS.get(kind, ""),
        code=code,
        address=address,
        is_bot=kind in (EventKind.OPENED, EventKind.CLICKED) and bool(client.get("bot")),
    )
    return [event]


def _kind(name: str, row: Mapping[str, Any], status: Mapping[str, Any]) -> tuple[EventKind, str]:
    kind = EVENTS.get(name, EventKind.UNKNOWN)
    if name != "failed":
        return kind, name if kind is EventKind.UNKNOWN else ""
    said = (status.get("enhanced-code"), status.get("code"), status.get("message"))
    code = enhanced_code(*said, status.get("description"))
    reason = text(row.get("reason"), 40)
    if row.get("severity") != "permanent":
        return EventKind.DEFERRED, code or reason
    hard = code.startswith("5.1.") and reason not in REFUSALS
    return EventKind.BOUNCED_HARD if hard else REFUSALS.get(reason, kind), code or reason


def _object(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = parent.get(name)
    return found if isinstance(found, dict) else {}
