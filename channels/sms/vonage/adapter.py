"""Vonage SMS API.

https://developer.vonage.com/en/api/sms (read 2026-11)

It takes one message in a request, knows no idempotency key, and cannot be asked about a message
whose id we never learnt.
"""

from base64 import b64encode
from datetime import datetime
from urllib.parse import urlencode

from channels.answers import json_object, status_outcome
from channels.base import (
    Account,
    BuildError,
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
from channels.sms.vonage.events import parse_events as parse_events
from channels.sms.vonage.events import reference
from channels.sms.vonage.events import verify as verify
from channels.sms_parts import estimate, prepared

LONGEST_CALLBACK = 100  # characters


def wrong_callback(url: str) -> str:
    return "" if len(url) <= LONGEST_CALLBACK else f"At most {LONGEST_CALLBACK} characters."


CHANNEL = Channel.SMS
FIELDS: tuple[Field, ...] = (
    Field("api_key", "API key"),
    Field("api_secret", "API secret", secret=True),
    Field(
        "signature_secret",
        "Signature secret",
        secret=True,
        required=False,
        help="For receipts and replies. Ask Vonage to sign webhooks; choose SHA-256 HMAC and POST",
    ),
    Field("from", "Sender", setting=True, help="A number of yours, or up to 11 letters"),
    Field(
        "senders",
        "Senders by country",
        required=False,
        setting=True,
        help="US=+14155550100, AT=SHOP",
    ),
    Field(
        "smart_encoding",
        "Convert to GSM-7 characters",
        required=False,
        setting=True,
        help="on: by letters of GSM-7",
    ),
    Field(
        "callback_url",
        "Status callback",
        required=False,
        setting=True,
        help="A public URL of ours; empty: the one set at Vonage",
        check=wrong_callback,
    ),
)
API = "https://rest.nexmo.com"
MAX_BODY = 1_600  # characters, as at the others: what one takes, another takes as well
LIFETIME = (20_000, 604_800_000)  # milliseconds

RETRY, THROTTLED = OutcomeKind.RETRY, OutcomeKind.THROTTLED
BAD, REJECTED, PAUSE = OutcomeKind.BAD_RECIPIENT, OutcomeKind.REJECTED, OutcomeKind.MISCONFIGURED

TAKEN = "0"
# https://developer.vonage.com/en/api-errors/sms
CODES: dict[str, tuple[OutcomeKind, str, float | None]] = {
    "1": (THROTTLED, "Too many messages at once", 1.0),
    "2": (REJECTED, "A parameter is missing", None),
    "3": (REJECTED, "A parameter is not valid", None),
    "4": (PAUSE, "Vonage refused our credentials", None),
    "5": (RETRY, "Vonage has trouble", None),
    "6": (REJECTED, "Vonage could not process the message", None),
    "7": (BAD, "Vonage has barred the number", None),
    "8": (PAUSE, "The Vonage account is suspended", None),
    "9": (PAUSE, "The Vonage account has no credit left", None),
    "10": (THROTTLED, "Too many connections at once", 5.0),
    "11": (PAUSE, "The Vonage account may not use the SMS API", None),
    "12": (REJECTED, "The message is too long", None),
    "14": (PAUSE, "Vonage wants requests to be signed", None),
    "15": (REJECTED, "This sender is not admitted in the country", None),
    "22": (REJECTED, "The network code is not valid", None),
    "23": (PAUSE, "The callback URL is not valid", None),
    "29": (PAUSE, "A trial account sends to listed numbers only", None),
    "32": (PAUSE, "A signed request must not have an API secret", None),
    "33": (BAD, "The number is not in use", None),
}
NO_KEY = Outcome(PAUSE, "The API key, its secret or the sender is missing", "key")


def receipts(account: Account) -> bool:
    return bool(account.credentials.get("signature_secret"))


def build(message: SmsMessage, account: Account, now: datetime) -> HttpRequest:
    envelope, settings = message.envelope, account.settings
    body = prepared(message.body, smart=is_on(settings.get("smart_encoding")))
    if len(body) > MAX_BODY:
        raise MessageTooLarge(f"{MAX_BODY} characters")
    key, secret = account.credentials.get("api_key"), account.credentials.get("api_secret")
    origin = sender(account, envelope.area) or str(settings.get("from") or "")
    if not (key and secret and origin):
        raise BuildError(NO_KEY)
    size, life = estimate(body), int((envelope.expires_at - now).total_seconds() * 1000)
    form = {
        "to": number_of(message).removeprefix("+"),
        "from": origin.removeprefix("+"),
        "text": body,
        "type": "text" if size.encoding == "GSM-7" else "unicode",
        "ttl": str(min(max(life, LIFETIME[0]), LIFETIME[1])),
        "client-ref": reference(envelope),
    }
    if settings.get("callback_url"):
        form["callback"] = str(settings["callback_url"])
    return HttpRequest(
        method="POST",
        url=f"{account.endpoint or API}/sms/json",
        headers={
            "authorization": "Basic " + b64encode(f"{key}:{secret}".encode()).decode(),
            "content-type": "application/x-www-form-urlencoded",
        },
        body=urlencode(form).encode(),
        units=size.parts,
    )


def classify(response: HttpResponse) -> Outcome:
    """A status for each part. The first that is not 0 decides: half a message helps nobody, so
    all of it goes again."""
    parts = json_object(response.body).get("messages")
    if not (isinstance(parts, list) and parts and all(isinstance(part, dict) for part in parts)):
        return status_outcome(response)
    code = next((code for part in parts if (code := str(part.get("status"))) != TAKEN), TAKEN)
    found = parts[0].get("message-id")
    if code == TAKEN and isinstance(found, str) and found:
        return Outcome(OutcomeKind.ACCEPTED, provider_id=found)
    if code == TAKEN:
        return status_outcome(response)
    if code not in CODES:
        return Outcome(REJECTED, "Vonage refused the message", code[:20])
    kind, reason, after = CODES[code]
    return Outcome(kind, reason, code, after=after)
