"""Postmark's webhooks. https://postmarkapp.com/developer/webhooks/webhooks-overview (read 2026-11)

Nothing is signed: each request brings the login that was set for the webhook. Only 200 passes its
test when it is set up; a refusal with 4xx is never repeated. Of a stream for bulk, a bounce is
told as a change of its list of suppressions only, of others twice: as one event here.
"""

import hmac
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from channels.answers import json_object
from channels.base import Account, Event, EventKind, HttpResponse, InboundRequest
from channels.email.events import REASONS, digest, enhanced_code, moment, ours, text

HARD, SOFT = EventKind.BOUNCED_HARD, EventKind.BOUNCED_SOFT
# Which field says when, by the kind of record.
TIMES = {
    "Delivery": "DeliveredAt",
    "Bounce": "BouncedAt",
    "SpamComplaint": "BouncedAt",
    "Open": "ReceivedAt",
    "Click": "ReceivedAt",
    "SubscriptionChange": "ChangedAt",
}
RECORDS = {
    "Delivery": EventKind.DELIVERED,
    "SpamComplaint": EventKind.COMPLAINED,
    "Open": EventKind.OPENED,
    "Click": EventKind.CLICKED,
}
# https://postmarkapp.com/developer/api/bounce-api#bounce-types
BOUNCES = {
    "HardBounce": HARD,
    "BadEmailAddress": HARD,
    "SoftBounce": SOFT,
    "Blocked": SOFT,
    "DMARCPolicy": SOFT,
    "DnsError": SOFT,
    "SpamNotification": SOFT,
    "Undeliverable": SOFT,
    "Unknown": SOFT,
    "VirusNotification": SOFT,
    "Transient": EventKind.DEFERRED,
    "Unsubscribe": EventKind.UNSUBSCRIBED,
    "SpamComplaint": EventKind.COMPLAINED,
    "ManuallyDeactivated": EventKind.SUPPRESSED,
    "Unconfirmed": EventKind.FAILED,
    "SMTPApiError": EventKind.FAILED,
    "TemplateRenderingFailed": EventKind.FAILED,
}
# Mail that came back, but says nothing of ours.
NO_NEWS = frozenset(
    {"AutoResponder", "AddressChange", "ChallengeVerification", "OpenRelayTest", "Subscribe"}
)
LISTED = {"HardBounce": HARD, "SpamComplaint": EventKind.COMPLAINED}
TOLD_TWICE = frozenset({HARD, EventKind.COMPLAINED})


def verify(request: InboundRequest, account: Account, now: datetime) -> bool:
    login = account.credentials.get("webhook_login", "")
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if ":" not in login or scheme.lower() != "basic":
        return False
    try:
        given = b64decode(encoded, validate=True)
    except ValueError:
        return False
    return hmac.compare_digest(given, login.encode())


def reply(request: InboundRequest) -> HttpResponse:
    return HttpResponse(200, {}, b"")


def parse_events(request: InboundRequest) -> list[Event]:
    row = json_object(request.body)
    record, type_ = text(row.get("RecordType"), 40), text(row.get("Type"), 40)
    if not record or (record == "Bounce" and type_ in NO_NEWS):
        return []
    kind = _kind(record, type_, row)
    message, address = text(row.get("MessageID")), text(row.get("Recipient") or row.get("Email"))
    when = row.get(TIMES.get(record, ""))
    once = kind in TOLD_TWICE and bool(message)
    own = (message, address, kind.value) if once else (record, type_, message, address, when)
    metadata = row.get("Metadata")
    said = metadata if isinstance(metadata, dict) else {}
    delivery_id, attempt = ours(said.get("delivery"), said.get("attempt"))
    return [
        Event(
            dedupe_key=digest(*own),
            kind=kind,
            at=moment(when),
            delivery_id=delivery_id,
            attempt=attempt,
            provider_id=message,
            reason=REASONS.get(kind, ""),
            code=_code(record, type_, row),
            address=address,
        )
    ]


def _kind(record: str, type_: str, row: Mapping[str, Any]) -> EventKind:
    if record == "Bounce":
        return BOUNCES.get(type_, EventKind.UNKNOWN)
    if record == "SubscriptionChange":
        return _change(row)
    return RECORDS.get(record, EventKind.UNKNOWN)


def _change(row: Mapping[str, Any]) -> EventKind:
    """https://postmarkapp.com/developer/webhooks/subscription-change-webhook

    What their customer (we) or their staff did to the list is not the person's own word.
    """
    own = row.get("Origin") == "Recipient"
    if row.get("SuppressSending") is False:
        return EventKind.RESUBSCRIBED if own else EventKind.UNKNOWN
    if found := LISTED.get(text(row.get("SuppressionReason"), 40)):
        return found
    return EventKind.UNSUBSCRIBED if own else EventKind.SUPPRESSED


def _code(record: str, type_: str, row: Mapping[str, Any]) -> str:
    if record == "Bounce":
        return enhanced_code(row.get("Details"), row.get("Description")) or type_
    if record == "SubscriptionChange":
        return text(row.get("SuppressionReason"), 40)
    return "" if record in RECORDS else record
