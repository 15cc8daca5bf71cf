"""Whether Postmark has a message whose request was never answered: it is found by our metadata.

https://postmarkapp.com/developer/api/messages-api#outbound-message-search (read 2026-11)
"""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from channels.answers import json_object
from channels.base import Account, HttpRequest, HttpResponse, Lane, Outcome, OutcomeKind
from channels.email.fields import recipient
from channels.email.postmark.request import API, login, stream
from channels.messages import EmailMessage

NEWEST = 20  # messages to the person that are looked through
TIMEOUT, URGENT_TIMEOUT = 4.0, 2.0  # seconds: there must be time left to send
UNKNOWN = Outcome(
    OutcomeKind.RETRY, "Postmark could not be asked about the first attempt", "look_up"
)


def look_up(message: EmailMessage, account: Account, now: datetime) -> HttpRequest:
    query = {
        "count": str(NEWEST),
        "offset": "0",
        "recipient": recipient(message),
        "metadata_delivery": message.envelope.delivery_id,
        "messagestream": stream(message, account),
    }
    urgent = message.envelope.lane is Lane.URGENT
    return HttpRequest(
        method="GET",
        url=f"{account.endpoint or API}/messages/outbound?{urlencode(query)}",
        headers=login(account),
        body=b"",
        timeout=URGENT_TIMEOUT if urgent else TIMEOUT,
    )


def found(response: HttpResponse, message: EmailMessage) -> Outcome | None:
    if response.status in (401, 403, 422):
        return None  # what is wrong with the account, the send itself will say
    listed = json_object(response.body).get("Messages")
    if response.status != 200 or not isinstance(listed, list):
        return UNKNOWN
    own = next((one for one in listed if _is_it(one, message)), None)
    if own is None:
        return None
    reason = "It had arrived at the first attempt"
    return Outcome(OutcomeKind.ACCEPTED, reason, "found", provider_id=own["MessageID"])


def _is_it(one: Any, message: EmailMessage) -> bool:
    if not isinstance(one, dict) or not isinstance(one.get("MessageID"), str):
        return False
    metadata = one.get("Metadata")
    named = metadata.get("delivery") if isinstance(metadata, dict) else None
    return bool(one["MessageID"]) and named == message.envelope.delivery_id
