"""Vonage's webhooks: delivery receipts, and what people write back. Both are signed the same way.

https://developer.vonage.com/en/messaging/sms/guides/delivery-receipts,
https://developer.vonage.com/en/messaging/sms/guides/inbound-sms and
https://developer.vonage.com/en/getting-started/concepts/signing-messages (read 2026-11)
"""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl
from uuid import UUID

from channels.answers import json_object
from channels.base import Account, Envelope, Event, EventKind, InboundRequest

# The secure ones of five, by the length of their signature in hexadecimal.
METHODS = {64: "sha256", 128: "sha512"}
WINDOW = 25 * 3600.0  # seconds a signature is good for: it comes again for a day
CLOCKS = 300.0  # seconds by which two clocks may differ
MASKED = str.maketrans("&=", "__")  # in the text that is signed
MOST_FIELDS = 100
MOST_ATTEMPT = 999  # in three digits, the reference has the 40 characters that Vonage takes

STATUSES = {
    "accepted": EventKind.SENT,
    "buffered": EventKind.DEFERRED,
    "delivered": EventKind.DELIVERED,
    "expired": EventKind.BOUNCED_SOFT,
    "failed": EventKind.BOUNCED_SOFT,
    "rejected": EventKind.FAILED,
}
LOST = frozenset({EventKind.BOUNCED_SOFT, EventKind.FAILED})
OPTED_OUT = "9"
# (the number is dead, reason)
DELIVERY_CODES: dict[str, tuple[bool, str]] = {
    "1": (False, "The carrier gave no reason"),
    "2": (False, "The phone could not be reached"),
    "3": (True, "The number is not in use"),
    "4": (True, "The person's contract bars SMS"),
    "5": (False, "The number is being moved to another carrier"),
    "6": (False, "Taken for spam by the carrier"),
    "7": (False, "The phone was busy"),
    "8": (False, "The carrier's network had trouble"),
    OPTED_OUT: (False, "The person has opted out of our messages"),
    "10": (False, "The carrier could not read the message"),
    "11": (False, "Vonage has no way to the number"),
    "12": (False, "No way to the number was found"),
    "13": (False, "The person's age forbids the message"),
    "14": (False, "Blocked by the carrier"),
    "15": (False, "The person's prepaid credit is used up"),
    "99": (False, "The way to the number had trouble"),
}
# After these, another attempt may arrive.
PASSING = frozenset({"2", "7", "8"})


def reference(envelope: Envelope) -> str:
    """What a receipt says of its message: `client-ref`."""
    return f"{envelope.delivery_id}.{min(envelope.attempt, MOST_ATTEMPT)}"


def verify(request: InboundRequest, account: Account, now: datetime) -> bool:
    """All parameters in their order, by HMAC; a name with & or = in it could say two things."""
    secret, values = account.credentials.get("signature_secret", ""), _values(request)
    given, stamp = values.pop("sig", ""), values.get("timestamp", "")
    method = METHODS.get(len(given))
    if not (secret and method and given.isascii()) or any({"&", "="} & {*name} for name in values):
        return False
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 12):
        return False
    if not -CLOCKS <= now.timestamp() - int(stamp) <= WINDOW:
        return False
    signed = "".join(f"&{name}={values[name].translate(MASKED)}" for name in sorted(values))
    right = hmac.digest(secret.encode(), signed.encode("utf-8", "replace"), method)
    return hmac.compare_digest(right.hex(), given.lower())


def parse_events(request: InboundRequest) -> list[Event]:
    values = _values(request)
    if not values.get("messageId"):
        return []
    if "status" in values:
        return [_receipt(values)]
    return [_written_to_us(values)] if "text" in values else []


def _receipt(values: Mapping[str, str]) -> Event:
    status, code, message = values["status"], values.get("err-code", ""), values["messageId"]
    kind = STATUSES.get(status, EventKind.UNKNOWN)
    dead, reason = DELIVERY_CODES.get(code, (False, ""))
    if code == OPTED_OUT:
        kind = EventKind.SUPPRESSED
    elif dead and kind in LOST:
        kind = EventKind.BOUNCED_HARD
    delivery_id, attempt = _ours(values.get("client-ref", ""))
    return Event(
        dedupe_key=f"{message}:{status}:{code}"[:200],
        kind=kind,
        at=_instant(values),
        delivery_id=delivery_id,
        attempt=attempt,
        provider_id=message[:100],
        reason=reason,
        code="" if code == "0" else code[:20],
        address=_number(values),
        passing=kind in LOST and code in PASSING,
    )


def _written_to_us(values: Mapping[str, str]) -> Event:
    return Event(
        dedupe_key=f"{values['messageId']}:received"[:200],
        kind=EventKind.INBOUND,
        at=_instant(values),
        provider_id=values["messageId"][:100],
        address=_number(values),
        sender=values.get("to", "")[:40],
        text=values["text"],
    )


def _values(request: InboundRequest) -> dict[str, str]:
    """Of JSON or a form, whichever the account is set to; {} for what names something twice."""
    if found := json_object(request.body):
        return {name: str(value) for name, value in found.items() if isinstance(value, str | int)}
    try:
        text = request.body.decode()
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return {}
    return dict(pairs) if len(dict(pairs)) == len(pairs) else {}


def _ours(text: str) -> tuple[UUID | None, int | None]:
    delivery, _, attempt = text.partition(".")
    try:
        return UUID(delivery), int(attempt)
    except ValueError:
        return None, None


def _number(values: Mapping[str, str]) -> str:
    digits = values.get("msisdn", "")
    return f"+{digits}" if digits.isascii() and digits.isdecimal() and len(digits) < 16 else ""


def _instant(values: Mapping[str, str]) -> datetime | None:
    """When Vonage began to push it, in UTC."""
    try:
        return datetime.fromisoformat(values.get("message-timestamp", "")).replace(tzinfo=UTC)
    except ValueError:
        return None
