"""Twilio's callbacks: what became of a message, and what people write back.

https://www.twilio.com/docs/messaging/guides/track-outbound-message-status (read 2026-10)
"""

from datetime import datetime
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from twilio.request_validator import RequestValidator

from channels.base import Account, Event, EventKind, HttpResponse, InboundRequest

# https://www.twilio.com/docs/messaging/api/message-resource#message-status-values
STATUSES = {
    "sent": EventKind.SENT,
    "delivered": EventKind.DELIVERED,
    "read": EventKind.OPENED,
    "undelivered": EventKind.BOUNCED_SOFT,
    "failed": EventKind.FAILED,
    "canceled": EventKind.FAILED,
}
NO_NEWS = frozenset({"accepted", "scheduled", "queued", "sending"})
OPTED_OUT = "21610"
# https://www.twilio.com/docs/api/errors, 30000-30999: (the number is dead, reason)
DELIVERY_CODES: dict[str, tuple[bool, str]] = {
    OPTED_OUT: (False, "The person has opted out of our messages"),
    "30001": (False, "The sender's queue overflowed"),
    "30002": (False, "The Twilio account is suspended"),
    "30003": (False, "The phone could not be reached"),
    "30004": (False, "Blocked by the carrier or the person"),
    "30005": (True, "The number is not in use"),
    "30006": (True, "The number is a landline or its carrier cannot be reached"),
    "30007": (False, "Filtered by the carrier"),
    "30008": (False, "The carrier gave no reason"),
    "30022": (False, "The sender's rate is used up"),
    "30023": (False, "The sender's daily limit is used up"),
    "30032": (False, "The toll-free sender is not verified"),
    "30034": (False, "The sender is not registered (10DLC)"),
    "30036": (False, "Too late: the validity period was over"),
    "30450": (False, "Stopped by fraud protection"),
    "30500": (False, "Twilio has trouble"),
    "30640": (True, "The number is blocked for legal reasons"),
}

# Another attempt may arrive: the phone is on again, the carrier or the queue has recovered.
PASSING = frozenset({"30001", "30003", "30008", "30022", "30500"})


class _Form(dict[str, list[str]]):
    """A parsed form as Twilio's validator reads one."""

    def getall(self, name: str) -> list[str]:
        return self[name]


def verify(request: InboundRequest, account: Account, now: datetime) -> bool:
    """https://www.twilio.com/docs/usage/security: over the public URL and every field."""
    signature = request.headers.get("x-twilio-signature", "")
    token = account.credentials.get("auth_token", "")
    if not token:
        return False  # with an empty key anybody can sign
    algorithm = str(account.settings.get("signature_algorithm") or "HMAC_SHA1")
    try:
        form = _form(request)
        return bool(RequestValidator(token).validate(request.url, form, signature, algorithm))
    except ValueError:
        return False


def parse_events(request: InboundRequest) -> list[Event]:
    form = _form(request)
    sid, status = _first(form, "MessageSid"), _first(form, "MessageStatus")
    if not sid or status in NO_NEWS:
        return []
    if not status and "Body" in form:
        return [_written_to_us(form, sid)]
    kind = STATUSES.get(status, EventKind.UNKNOWN)
    code = _first(form, "ErrorCode")
    if code == OPTED_OUT:
        kind = EventKind.SUPPRESSED
    dead, reason = DELIVERY_CODES.get(code, (False, ""))
    if dead and kind in (EventKind.BOUNCED_SOFT, EventKind.FAILED):
        kind = EventKind.BOUNCED_HARD
    delivery_id, attempt = _ours(request.url)
    return [
        Event(
            dedupe_key=f"{sid}:{status}",
            kind=kind,
            at=None,
            delivery_id=delivery_id,
            attempt=attempt,
            provider_id=sid,
            reason=reason,
            code=code,
            address=_first(form, "To"),
            passing=kind in (EventKind.BOUNCED_SOFT, EventKind.FAILED) and code in PASSING,
        )
    ]


def reply(request: InboundRequest) -> HttpResponse:
    """Of TwiML to an SMS, or Twilio logs an error; empty, as its opt-out replies are its own."""
    if b"MessageStatus=" in request.body:
        return HttpResponse(204, {}, b"")
    return HttpResponse(200, {"content-type": "text/xml"}, b"<Response/>")


def _written_to_us(form: _Form, sid: str) -> Event:
    """https://www.twilio.com/docs/messaging/guides/webhook-request"""
    return Event(
        f"{sid}:received",
        EventKind.INBOUND,
        None,
        provider_id=sid,
        code=_first(form, "OptOutType"),  # with Advanced Opt-Out only
        address=_first(form, "From"),
        sender=_first(form, "MessagingServiceSid") or _first(form, "To"),
        text=_first(form, "Body"),
    )


def _form(request: InboundRequest) -> _Form:
    text = request.body.decode("utf-8", "replace")
    return _Form(parse_qs(text, keep_blank_values=True, max_num_fields=200))


def _first(form: _Form, name: str) -> str:
    return form.get(name, [""])[0]


def _ours(url: str) -> tuple[UUID | None, int | None]:
    """What `build` put into the callback's query; signed with it, so nobody else's."""
    query = parse_qs(urlsplit(url).query)
    try:
        return UUID(query["delivery"][0]), int(query["attempt"][0])
    except (KeyError, ValueError):
        return None, None
