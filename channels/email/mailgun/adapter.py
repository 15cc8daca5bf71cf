"""Mailgun. https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages
(read 2026-11)
"""

from datetime import datetime

from channels.answers import json_object, retry_after, status_outcome
from channels.base import Account, Channel, Field, HttpRequest, HttpResponse, Outcome, OutcomeKind
from channels.email.fields import (
    AUTHOR,
    author,
    bodies,
    files,
    headers,
    message_id,
    recipient,
    subject,
)
from channels.email.mailgun.batch import batch_key as batch_key
from channels.email.mailgun.batch import build_batch as build_batch
from channels.email.mailgun.events import nonce as nonce
from channels.email.mailgun.events import parse_events as parse_events
from channels.email.mailgun.events import reply as reply
from channels.email.mailgun.events import verify as verify
from channels.email.mailgun.multipart import Part
from channels.email.mailgun.request import TEXTS, answered_to, posted
from channels.messages import EmailMessage

CHANNEL = Channel.EMAIL
FIELDS: tuple[Field, ...] = (
    Field("api_key", "API key", secret=True),
    Field(
        name="webhook_signing_key",
        label="Webhook signing key",
        secret=True,
        required=False,
        help="Not the API key",
    ),
    Field("domain", "Domain", help="As Mailgun knows it: mg.example.com", setting=True),
    *AUTHOR,
    Field(
        name="region",
        label="Region",
        secret=False,
        required=False,
        help="eu for a domain in the EU",
        setting=True,
    ),
    Field(
        name="callback_url",
        label="Callback",
        secret=False,
        required=False,
        help="For simulators; else set it there",
        setting=True,
    ),
)
BATCH = 1_000  # recipients of one request

REJECTED, PAUSE = OutcomeKind.REJECTED, OutcomeKind.MISCONFIGURED

# https://documentation.mailgun.com/docs/mailgun/api-reference/mg-status-codes
CODES: dict[int, tuple[OutcomeKind, str]] = {
    400: (REJECTED, "Mailgun refused the message or the address"),
    401: (PAUSE, "Mailgun refused our API key"),
    403: (PAUSE, "Mailgun refused our API key, or the domain is disabled"),
    404: (PAUSE, "Mailgun does not know the address of its API"),
    413: (REJECTED, "The message is larger than Mailgun takes"),
}
NOT_YET = (OutcomeKind.RETRY, "Mailgun does not know the domain, or not yet")  # 404 in JSON
NOT_MAILGUN = Outcome(PAUSE, "Nothing was sent: the domain or the URL is wrong", "wrong_url")


def receipts(account: Account) -> bool:
    return bool(account.credentials.get("webhook_signing_key"))


def build(message: EmailMessage, account: Account, now: datetime) -> HttpRequest:
    sender = author(account)
    fields = {
        "from": sender.header(),
        "to": recipient(message),
        "subject": subject(message),
        **{TEXTS[kind]: text for kind, text in bodies(message).items()},
        "v:delivery": message.envelope.delivery_id,
        "v:attempt": str(message.envelope.attempt),
        "h:Message-Id": message_id(message, sender),
        **{f"h:{name}": value for name, value in headers(message).items()},
        **answered_to(message),
    }
    parts = [
        Part("attachment", file.content, file.name, file.content_type) for file in files(message)
    ]
    return posted(account, (), fields, parts)


def classify(response: HttpResponse) -> Outcome:
    answer = json_object(response.body)
    found = answer.get("id")
    if response.status == 200 and isinstance(found, str) and found:
        return Outcome(OutcomeKind.ACCEPTED, provider_id=found.strip("<>"))
    if response.status == 200 and b"Mailgun Magnificent API" in response.body:
        return NOT_MAILGUN
    if response.status == 429:
        after = retry_after(response.headers)
        return Outcome(OutcomeKind.THROTTLED, "Too many requests", "http_429", after=after)
    if response.status not in CODES:
        return status_outcome(response)
    kind, reason = NOT_YET if response.status == 404 and answer else CODES[response.status]
    return Outcome(kind, reason, f"http_{response.status}")


def classify_batch(response: HttpResponse, n: int) -> list[Outcome] | None:
    """One id for all. One address that Mailgun refuses spoils the whole request, unsent."""
    outcome = classify(response)
    return None if outcome.kind is REJECTED else [outcome] * n
