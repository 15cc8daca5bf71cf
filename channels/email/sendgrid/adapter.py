"""Twilio SendGrid, Mail Send v3. https://www.twilio.com/docs/sendgrid/api-reference/mail-send
(read 2026-11)

One request a message: personalizations share one content, and what they may replace in it is
limited to 10,000 bytes a person, less than a usual HTML mail.
"""

import json
import re
from base64 import b64encode
from datetime import datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any

from sendgrid.helpers.mail import (
    Attachment,
    ClickTracking,
    Content,
    CustomArg,
    Email,
    FileContent,
    FileName,
    FileType,
    From,
    Header,
    Mail,
    OpenTracking,
    Personalization,
    ReplyTo,
    Subject,
    SubscriptionTracking,
    TrackingSettings,
)
from sendgrid.helpers.mail.exceptions import ApiKeyIncludedException

from channels.answers import MAX_RETRY_AFTER, json_object, retry_after, status_outcome
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
from channels.email.fields import (
    AUTHOR,
    author,
    bodies,
    files,
    headers,
    message_id,
    recipient,
    reply_to,
    subject,
)
from channels.email.sendgrid.events import parse_events as parse_events
from channels.email.sendgrid.events import verify as verify
from channels.messages import EmailMessage

CHANNEL = Channel.EMAIL
FIELDS: tuple[Field, ...] = (
    Field("api_key", "API key", secret=True, help="With the permission Mail Send"),
    *AUTHOR,
    Field(
        name="region",
        label="Region",
        secret=False,
        required=False,
        help="eu for a subuser in the EU",
        setting=True,
    ),
    Field(
        name="verification_key",
        label="Event webhook's key",
        secret=False,
        required=False,
        help="Of the signed one",
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
API = {"": "https://api.sendgrid.com", "eu": "https://api.eu.sendgrid.com"}
MAX_SIZE = 30_000_000  # bytes of a request, base64 and all
RESERVED = frozenset({"dkim-signature", "x-sg-eid", "x-sg-id"})

REJECTED, PAUSE = OutcomeKind.REJECTED, OutcomeKind.MISCONFIGURED
THROTTLED = OutcomeKind.THROTTLED

# https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/errors
# by (status, field without its numbers; a field's parents stand for it)
CODES: dict[tuple[int, str], tuple[OutcomeKind, str]] = {
    (400, ""): (REJECTED, "SendGrid refused the message"),
    (400, "attachments"): (REJECTED, "SendGrid refused an attachment"),
    (400, "content"): (REJECTED, "SendGrid refused the text"),
    (400, "from"): (PAUSE, "SendGrid refused the sender address"),
    (400, "headers"): (REJECTED, "SendGrid refused a header"),
    (400, "personalizations.to"): (REJECTED, "SendGrid does not take the address"),
    (400, "reply_to"): (REJECTED, "SendGrid refused the reply address"),
    (400, "subject"): (REJECTED, "SendGrid refused the subject"),
    (401, ""): (PAUSE, "SendGrid refused our API key, or its credits are used up"),
    (403, ""): (PAUSE, "The API key may not send, or SendGrid blocks us for a while"),
    (403, "from"): (PAUSE, "The sender address is not verified at SendGrid"),
    (404, ""): (PAUSE, "SendGrid does not know the address of its API"),
    (405, ""): (PAUSE, "SendGrid does not know the address of its API"),
    (406, ""): (PAUSE, "SendGrid cannot answer as we ask it to"),
    (413, ""): (REJECTED, "The message is larger than SendGrid takes"),
    (451, ""): (PAUSE, "SendGrid may not process our mail in this region"),
}
LONG_BLOCK = 3600.0  # seconds; 403 also stands for "too many bad requests"
INDEX = re.compile(r"\.\d+|\[\d+\]")


def receipts(account: Account) -> bool:
    return bool(account.settings.get("verification_key"))


def build(message: EmailMessage, account: Account, now: datetime) -> HttpRequest:
    key = account.credentials.get("api_key", "")
    if not key:
        raise BuildError(Outcome(PAUSE, "The API key is missing", "key"))
    host = API.get(str(account.settings.get("region") or "").lower(), API[""])
    try:
        body = json.dumps(_mail(message, account).get()).encode()
    except ApiKeyIncludedException as error:
        reason = "The text begins with what looks like an API key of SendGrid"
        raise BuildError(Outcome(REJECTED, reason, "api_key_in_text")) from error
    if len(body) >= MAX_SIZE:
        raise MessageTooLarge("30 MB")
    names = {"authorization": f"Bearer {key}", "accept": "application/json"}
    names["content-type"] = "application/json"
    return HttpRequest("POST", f"{account.endpoint or host}/v3/mail/send", names, body)


def classify(response: HttpResponse) -> Outcome:
    if response.status == 202:
        return Outcome(OutcomeKind.ACCEPTED, provider_id=response.headers.get("x-message-id", ""))
    if response.status == 429:
        after = _reset(response) or retry_after(response.headers)
        return Outcome(THROTTLED, "Too many requests", "http_429", after=after)
    field = _field(response)
    known = next((f for f in _with_parents(field) if (response.status, f) in CODES), None)
    if known is None:
        return status_outcome(response)
    kind, reason = CODES[response.status, known]
    code = f"http_{response.status}" + (f".{known}" if known else "")
    after = LONG_BLOCK if (response.status, known) == (403, "") else None
    return Outcome(kind, reason, code, after=after)


def _mail(message: EmailMessage, account: Account) -> Mail:
    sender, answer_to, envelope = author(account), reply_to(message), message.envelope
    mail = Mail()
    # "Names must not contain ; or ,": the limitations of Mail Send.
    mail.from_email = From(sender.address, sender.name.translate({44: " ", 59: " "}) or None)
    mail.subject = Subject(subject(message))
    person = Personalization()
    person.add_to(Email(recipient(message)))
    person.add_custom_arg(CustomArg("delivery", envelope.delivery_id))
    person.add_custom_arg(CustomArg("attempt", str(envelope.attempt)))
    mail.add_personalization(person)
    if answer_to:
        mail.reply_to = ReplyTo(answer_to.address, answer_to.name or None)
    for kind, text in bodies(message).items():
        mail.add_content(Content(kind, text))
    for name, value in {"Message-ID": message_id(message, sender), **headers(message)}.items():
        if name.lower() not in RESERVED:
            mail.add_header(Header(name, value))
    for file in files(message):
        content = FileContent(b64encode(file.content).decode())
        mail.add_attachment(Attachment(content, FileName(file.name), FileType(file.content_type)))
    mail.tracking_settings = _untracked()
    return mail


def _untracked() -> TrackingSettings:
    """We count opens and clicks ourselves, and unsubscribing is ours."""
    off = {"click_tracking": ClickTracking(False, False), "open_tracking": OpenTracking(False)}
    return TrackingSettings(**off, subscription_tracking=SubscriptionTracking(False))


def _field(response: HttpResponse) -> str:
    """Of the first error: "personalizations.0.to.0.email" is "personalizations.to.email"."""
    errors: Any = json_object(response.body).get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    field = first.get("field") if isinstance(first, dict) else None
    return INDEX.sub("", field[:200]) if isinstance(field, str) else ""


def _with_parents(field: str) -> list[str]:
    parts = field.split(".")
    return [".".join(parts[:n]) for n in range(len(parts), 0, -1)] + [""]


def _reset(response: HttpResponse) -> float | None:
    """Seconds until X-RateLimit-Reset, an instant, counted from the answer's own Date."""
    try:
        until = float(response.headers.get("x-ratelimit-reset", ""))
        since = parsedate_to_datetime(response.headers.get("date", "")).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(until - since, 0.0), MAX_RETRY_AFTER) if isfinite(until) else None
