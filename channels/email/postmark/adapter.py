"""Postmark. https://postmarkapp.com/developer/api/email-api (read 2026-11)

A server of theirs keeps mail apart by streams: what a person expects, and what goes out in bulk.
"""

from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.json import encode

from channels.answers import (
    NO_SUCH_OPERATION,
    json_array,
    json_object,
    retry_after,
    status_outcome,
)
from channels.base import Account, Channel, Field, HttpRequest, HttpResponse, Outcome, OutcomeKind
from channels.email.fields import AUTHOR
from channels.email.postmark.events import parse_events as parse_events
from channels.email.postmark.events import reply as reply
from channels.email.postmark.events import verify as verify
from channels.email.postmark.look_up import found as found
from channels.email.postmark.look_up import look_up as look_up
from channels.email.postmark.request import mail, posted
from channels.messages import EmailMessage

CHANNEL = Channel.EMAIL
FIELDS: tuple[Field, ...] = (
    Field("server_token", "Server API token", secret=True),
    Field(
        "webhook_login",
        "Webhook login",
        secret=True,
        required=False,
        help="user:password, as set for each webhook at Postmark, which signs nothing",
    ),
    *AUTHOR,
    Field("stream", "Message stream", required=False, setting=True, help="Else outbound"),
    Field(
        "bulk_stream",
        "Message stream for bulk",
        required=False,
        setting=True,
        help="broadcast, for what is sent with low priority; else the one above",
    ),
    Field(
        "callback_url",
        "Callback",
        required=False,
        setting=True,
        help="For simulators; else set it there, for every event",
    ),
)
BATCH = 500  # messages of one request

RETRY, THROTTLED = OutcomeKind.RETRY, OutcomeKind.THROTTLED
BAD, REJECTED, PAUSE = OutcomeKind.BAD_RECIPIENT, OutcomeKind.REJECTED, OutcomeKind.MISCONFIGURED

# https://postmarkapp.com/developer/api/overview#error-codes
CODES: dict[int, tuple[OutcomeKind, str]] = {
    10: (PAUSE, "Postmark refused our server token"),
    100: (RETRY, "Postmark is in maintenance"),
    300: (REJECTED, "Postmark refused the message or the address"),
    400: (PAUSE, "Postmark does not know the sender"),
    401: (PAUSE, "The sender is not confirmed at Postmark"),
    402: (REJECTED, "Postmark could not read the message"),
    403: (REJECTED, "Postmark could not read the message"),
    405: (PAUSE, "The Postmark account has no credit left"),
    406: (BAD, "Postmark has the address on its own list"),
    409: (REJECTED, "Postmark could not read the message"),
    410: (REJECTED, "Too many messages in a request"),
    411: (REJECTED, "Postmark does not take this kind of attachment"),
    412: (PAUSE, "The Postmark account is not approved yet"),
    413: (PAUSE, "The Postmark account may not send"),
    429: (THROTTLED, "Too many requests"),
    1235: (PAUSE, "The message stream does not exist"),
}


def receipts(account: Account) -> bool:
    return bool(account.credentials.get("webhook_login"))


def build(message: EmailMessage, account: Account, now: datetime) -> HttpRequest:
    return posted(account, "/email", encode(mail(message, account)))


def classify(response: HttpResponse) -> Outcome:
    return _outcome(json_object(response.body), response)


def batch_key(message: EmailMessage) -> Hashable | None:
    """Each is complete in itself, so any may share a request, but for large ones."""
    return None if message.attachments else ""


def build_batch(messages: Sequence[EmailMessage], account: Account, now: datetime) -> HttpRequest:
    return posted(account, "/email/batch", encode([mail(one, account) for one in messages]))


def refuses_batches(response: HttpResponse) -> bool:
    """Not this one, but any: a code of Postmark's own is about the account or a message."""
    return response.status in NO_SUCH_OPERATION and not json_object(response.body).get("ErrorCode")


def classify_batch(response: HttpResponse, n: int) -> list[Outcome] | None:
    """One answer for each, in order; what is refused as a whole is one object."""
    listed = json_array(response.body)
    if response.status == 200:
        if len(listed) != n:
            return [status_outcome(response)] * n
        return [_outcome(one if isinstance(one, dict) else {}, response) for one in listed]
    outcome = classify(response)
    if outcome.kind is REJECTED or refuses_batches(response):
        return None
    return [outcome] * n


def _outcome(answer: Mapping[str, Any], response: HttpResponse) -> Outcome:
    code, own = answer.get("ErrorCode"), answer.get("MessageID")
    if code == 0 and response.status == 200 and isinstance(own, str) and own:
        return Outcome(OutcomeKind.ACCEPTED, provider_id=own)
    if not isinstance(code, int) or not code or response.status >= 500:
        return status_outcome(response)
    kind, reason = CODES.get(code, (REJECTED, "Postmark refused the message"))
    after = retry_after(response.headers) if kind is THROTTLED else None
    return Outcome(kind, reason, str(code), after=after)
