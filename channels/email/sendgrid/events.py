"""SendGrid's Event Webhook, the signed one.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event (read 2026-11)
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from sendgrid.helpers.eventwebhook import EventWebhook

from channels.base import Account, Event, EventKind, InboundRequest
from channels.email.events import REASONS, digest, enhanced_code, is_recent, moment, ours, text

SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
WINDOW = 26 * 3600.0  # seconds a signature is good for: it is sent again for 24 hours
MOST = 20_000  # events of one request that are read

EVENTS = {
    "processed": EventKind.SENT,
    "deferred": EventKind.DEFERRED,
    "delivered": EventKind.DELIVERED,
    "bounce": EventKind.BOUNCED_SOFT,  # "blocked": by policy or reputation; the address stays
    "dropped": EventKind.FAILED,
    "open": EventKind.OPENED,
    "click": EventKind.CLICKED,
    "spamreport": EventKind.COMPLAINED,
    "unsubscribe": EventKind.UNSUBSCRIBED,
    "group_unsubscribe": EventKind.UNSUBSCRIBED,
    "group_resubscribe": EventKind.RESUBSCRIBED,
}
# Why it was dropped, where that is a list of SendGrid's, and our code for the list.
LISTS = {
    "bounced address": "bounced",
    "unsubscribed address": "unsubscribed",
    "spam reporting address": "complained",
    "invalid": "invalid",
}


def verify(request: InboundRequest, account: Account, now: datetime) -> bool:
    key = _public_key(str(account.settings.get("verification_key") or ""))
    stamp = request.headers.get(TIMESTAMP, "")
    signed_at = moment(float(stamp)) if stamp.isascii() and stamp.isdecimal() else None
    if key is None or not is_recent(signed_at, now, WINDOW):
        return False
    try:
        body, signature = request.body.decode(), request.headers.get(SIGNATURE, "")
        return bool(EventWebhook().verify_signature(body, signature, stamp, key))
    except ValueError:  # neither UTF-8 nor base64
        return False


def parse_events(request: InboundRequest) -> list[Event]:
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError):
        return []
    rows = found[:MOST] if isinstance(found, list) else []
    return [_event(row) for row in rows if isinstance(row, dict) and row.get("event")]


def _event(row: Mapping[str, Any]) -> Event:
    kind, code = _kind(row)
    delivery_id, attempt = ours(row.get("delivery"), row.get("attempt"))
    message_id = text(row.get("sg_message_id"))
    return Event(
        dedupe_key=text(row.get("sg_event_id"), 100) or digest(sorted(map(str, row.items()))),
        kind=kind,
        at=moment(row.get("timestamp")),
        delivery_id=delivery_id,
        attempt=attempt,
        provider_id=message_id.partition(".")[0],  # what was answered to the request
        reason=REASONS.get(kind, ""),
        code=code,
        address=text(row.get("email")),
        is_bot=kind is EventKind.OPENED and row.get("sg_machine_open") is True,
    )


def _kind(row: Mapping[str, Any]) -> tuple[EventKind, str]:
    name = text(row.get("event"), 40)
    kind = EVENTS.get(name, EventKind.UNKNOWN)
    if name == "dropped":
        reason = text(row.get("reason")).lower()
        known = next((LISTS[start] for start in LISTS if reason.startswith(start)), "")
        return (EventKind.SUPPRESSED, known) if known else (kind, "dropped")
    if name == "bounce" and row.get("type") == "bounce":
        kind = EventKind.BOUNCED_HARD
    if name in ("bounce", "deferred"):
        return kind, enhanced_code(row.get("status"), row.get("reason"), row.get("response"))
    return kind, "" if kind is not EventKind.UNKNOWN else name


@lru_cache(maxsize=64)
def _public_key(shown: str) -> ec.EllipticCurvePublicKey | None:
    """Base64 as SendGrid shows it; the PEM of the same is fine, too."""
    bare = "".join(line.strip() for line in shown.splitlines() if "-----" not in line)
    try:
        key = EventWebhook(bare).public_key if bare else None
    except (ValueError, UnsupportedAlgorithm):
        return None
    right = isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1"
    return key if right else None
