"""Whether Twilio has a message whose request was never answered.

Twilio knows no idempotency key, and a message does not name its status callback: it is found by
its number, its text and its time, which is why `Envelope.tried_at` matters. An older message of
the same words must not pass for this one.

https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources
(read 2026-10)
"""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from channels.answers import json_object
from channels.base import Account, HttpRequest, HttpResponse, Lane, Outcome, OutcomeKind
from channels.messages import SmsMessage
from channels.sms.recipient import number_of
from channels.sms.twilio.api import authorization, messages_url
from channels.sms_parts import same

NEWEST = 20  # messages to the number that are looked through; more would not fit in an answer read
TIMEOUT, URGENT_TIMEOUT = 4.0, 2.0  # seconds: there must be time left to send
SKEW = timedelta(seconds=10)  # between their clock and ours; theirs shows whole seconds
TRIAL = "Sent from your Twilio trial account - "
UNKNOWN = Outcome(OutcomeKind.RETRY, "Twilio could not be asked about the first attempt", "look_up")


def look_up(message: SmsMessage, account: Account, now: datetime) -> HttpRequest:
    since = (message.envelope.tried_at or now) - timedelta(days=1)  # whole days, of their zone
    query = {
        "To": number_of(message),
        "DateSent>": since.date().isoformat(),
        "PageSize": str(NEWEST),
    }
    headers = {"authorization": authorization(account)}
    url = f"{messages_url(account)}?{urlencode(query)}"
    urgent = message.envelope.lane is Lane.URGENT
    return HttpRequest("GET", url, headers, b"", timeout=URGENT_TIMEOUT if urgent else TIMEOUT)


def found(response: HttpResponse, message: SmsMessage) -> Outcome | None:
    if response.status in (401, 403):
        return None  # a key that may send but not read; one that may do neither is refused there
    listed = json_object(response.body).get("messages")
    if response.status != 200 or not isinstance(listed, list):
        return UNKNOWN
    for item in listed:
        if isinstance(item, dict) and _is_it(item, message):
            reason = "It had arrived at the first attempt"
            return Outcome(OutcomeKind.ACCEPTED, reason, "found", provider_id=str(item["sid"]))
    return None


def _is_it(item: dict[str, Any], message: SmsMessage) -> bool:
    body, sid = item.get("body"), item.get("sid")
    if not (isinstance(body, str) and isinstance(sid, str) and sid):
        return False
    if item.get("to") != number_of(message):
        return False
    return same(body.removeprefix(TRIAL), message.body) and _is_since(item, message)


def _is_since(item: dict[str, Any], message: SmsMessage) -> bool:
    tried_at = message.envelope.tried_at
    try:
        made_at = parsedate_to_datetime(str(item.get("date_created")))
        return tried_at is None or made_at >= tried_at - SKEW
    except (TypeError, ValueError, IndexError, OverflowError):
        return False
