"""Twilio Programmable Messaging.

https://www.twilio.com/docs/messaging/api/message-resource (read 2026-10)
"""

import re
from datetime import datetime
from urllib.parse import urlencode

from channels.answers import json_object, status_outcome
from channels.base import (
    Account,
    Channel,
    Field,
    HttpRequest,
    HttpResponse,
    MessageTooLarge,
    Outcome,
    OutcomeKind,
)
from channels.messages import SmsMessage
from channels.sms.recipient import number_of
from channels.sms.senders import is_on, sender
from channels.sms.twilio.api import authorization, messages_url
from channels.sms.twilio.events import parse_events, reply, verify
from channels.sms.twilio.look_up import found, look_up
from channels.sms_parts import estimate, prepared

__all__ = (
    "CHANNEL",
    "FIELDS",
    "build",
    "classify",
    "found",
    "look_up",
    "parse_events",
    "receipts",
    "reply",
    "verify",
)

CHANNEL = Channel.SMS
FIELDS: tuple[Field, ...] = (
    Field("account_sid", "Account SID"),
    Field("auth_token", "Auth token", secret=True),
    Field("api_key_sid", "API key SID", required=False, help="SK…; to send without the token"),
    Field("api_key_secret", "API key secret", secret=True, required=False),
    Field(
        name="from",
        label="Sender number",
        secret=False,
        required=False,
        help="E.164; or a messaging service",
        setting=True,
    ),
    Field("messaging_service_sid", "Messaging service SID", required=False, setting=True),
    Field(
        name="senders",
        label="Senders by country",
        secret=False,
        required=False,
        help="US=+14155550100, AT=SHOP",
        setting=True,
    ),
    Field(
        name="smart_encoding",
        label="Convert to GSM-7 characters",
        secret=False,
        required=False,
        help="on: by letters of GSM-7",
        setting=True,
    ),
    Field(
        name="callback_url",
        label="Status callback",
        secret=False,
        required=False,
        help="A public URL of ours",
        setting=True,
    ),
)
MAX_BODY = 1600  # characters
SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
VALIDITY = (1, 36_000)  # seconds

RETRY, THROTTLED = OutcomeKind.RETRY, OutcomeKind.THROTTLED
BAD, REJECTED, PAUSE = OutcomeKind.BAD_RECIPIENT, OutcomeKind.REJECTED, OutcomeKind.MISCONFIGURED

OPTED_OUT = 21610
# https://www.twilio.com/docs/api/errors
CODES: dict[int, tuple[OutcomeKind, str, float | None]] = {
    20003: (PAUSE, "Twilio refused our credentials", None),
    20429: (THROTTLED, "Too many requests at once", 1.0),  # documented as not processed
    21211: (BAD, "The number is not valid", None),
    OPTED_OUT: (BAD, "The person has opted out of our messages", None),
    21614: (BAD, "The number cannot receive SMS", None),
    21635: (BAD, "The number is a landline", None),
    21212: (PAUSE, "The sender number is not valid", None),
    21603: (PAUSE, "The sender number is missing", None),
    21606: (PAUSE, "The sender number is not ours", None),
    21608: (PAUSE, "A trial account sends to verified numbers only", None),
    21408: (REJECTED, "Sending to this country is not enabled", None),
    21602: (REJECTED, "The message is empty", None),
    21612: (REJECTED, "This sender cannot reach the number", None),
    21617: (REJECTED, "The message is too long", None),
    21619: (REJECTED, "The message is empty", None),
    21611: (THROTTLED, "The sender's queue is full", 60.0),
    30610: (RETRY, "Quiet hours at the recipient's place", 3600.0),
}


def receipts(account: Account) -> bool:
    """A messaging service may have a callback of its own."""
    told = account.settings.get("callback_url") or account.settings.get("messaging_service_sid")
    return bool(told and account.credentials.get("auth_token"))


def build(message: SmsMessage, account: Account, now: datetime) -> HttpRequest:
    envelope, settings = message.envelope, account.settings
    body = prepared(message.body, smart=is_on(settings.get("smart_encoding")))
    if len(body) > MAX_BODY:
        raise MessageTooLarge(f"{MAX_BODY} characters")
    seconds = int((envelope.expires_at - now).total_seconds())
    form = {
        "To": number_of(message),
        "Body": body,
        "ValidityPeriod": str(min(max(seconds, VALIDITY[0]), VALIDITY[1])),
        **_sender(account, envelope.area),
    }
    if settings.get("callback_url"):
        query = urlencode({"delivery": envelope.delivery_id, "attempt": envelope.attempt})
        mark = "&" if "?" in settings["callback_url"] else "?"
        form["StatusCallback"] = f"{settings['callback_url']}{mark}{query}"
    headers = {
        "authorization": authorization(account),
        "content-type": "application/x-www-form-urlencoded",
    }
    units = estimate(body).parts
    return HttpRequest(
        "POST", messages_url(account), headers, urlencode(form).encode(), units=units
    )


def classify(response: HttpResponse) -> Outcome:
    answer = json_object(response.body)
    if 200 <= response.status < 300:
        sid = answer.get("sid")
        if not (isinstance(sid, str) and sid):
            return status_outcome(response)
        return Outcome(OutcomeKind.ACCEPTED, provider_id=sid)
    code = answer.get("code")
    if not isinstance(code, int) or code not in CODES:
        return status_outcome(response)
    kind, reason, after = CODES[code]
    return Outcome(kind, reason, str(code), after=after, opted_out=code == OPTED_OUT)


def _sender(account: Account, area: str) -> dict[str, str]:
    """The country's own, else the service, else the number."""
    settings = account.settings
    own = sender(account, area)
    service = own if SERVICE.fullmatch(own) else settings.get("messaging_service_sid")
    if service and (not own or own == service):
        return {"MessagingServiceSid": str(service)}
    return {"From": own or str(settings.get("from", ""))}
