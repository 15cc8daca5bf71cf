"""Amazon SES, API v2. https://docs.aws.amazon.com/ses/latest/APIReference-V2/ (read 2026-11)"""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from channels.answers import NO_SUCH_OPERATION, json_object, status_outcome
from channels.base import (
    Account,
    Channel,
    Field,
    HttpRequest,
    HttpResponse,
    Outcome,
    OutcomeKind,
)
from channels.email.fields import AUTHOR, bodies, files, recipient, subject
from channels.email.ses.bulk import batch_key as batch_key
from channels.email.ses.bulk import build_batch as build_batch
from channels.email.ses.bulk import of_entries
from channels.email.ses.codes import CODES, DAILY, NOT_VERIFIED
from channels.email.ses.events import certificate_url as certificate_url
from channels.email.ses.events import confirmation as confirmation
from channels.email.ses.events import is_expected as is_expected
from channels.email.ses.events import parse_events as parse_events
from channels.email.ses.events import verify as verify
from channels.email.ses.request import common, headers, signed, tags
from channels.messages import Attachment, EmailMessage

CHANNEL = Channel.EMAIL
FIELDS: tuple[Field, ...] = (
    Field("access_key_id", "Access key id"),
    Field("secret_access_key", "Secret access key", secret=True),
    Field(
        name="session_token",
        label="Session token",
        secret=True,
        required=False,
        help="Of temporary credentials",
    ),
    Field("region", "Region", help="eu-west-1", setting=True),
    *AUTHOR,
    Field(
        name="configuration_set",
        label="Configuration set",
        secret=False,
        required=False,
        help="Without it no events",
        setting=True,
    ),
    Field(
        name="topic_arn",
        label="Topics of its events",
        secret=False,
        required=False,
        help="ARNs, a space between them",
        setting=True,
    ),
    Field(
        name="signing_certificate",
        label="Certificate",
        secret=False,
        required=False,
        help="PEM, in place of Amazon's",
        setting=True,
    ),
    Field(
        name="callback_url",
        label="Callback",
        secret=False,
        required=False,
        help="For simulators; else subscribe it",
        setting=True,
    ),
)
BATCH = 50  # destinations of one request
PATH = "/v2/email/outbound-emails"
# A key may be allowed to send one message and not several: they are permissions of their own.
MAY_BE_BULK_ONLY = frozenset({"AccessDenied", "AccessDeniedException", "NotAuthorized"})


def receipts(account: Account) -> bool:
    return bool(account.settings.get("configuration_set") and account.settings.get("topic_arn"))


def build(message: EmailMessage, account: Account, now: datetime) -> HttpRequest:
    """SES makes a Message-ID of its own, whatever it is given; the delivery id goes as a tag."""
    names = {"text/plain": "Text", "text/html": "Html"}
    body = {names[k]: {"Data": t, "Charset": "UTF-8"} for k, t in bodies(message).items()}
    simple: dict[str, Any] = {
        "Subject": {"Data": subject(message), "Charset": "UTF-8"},
        "Body": body,
        "Headers": headers(message),
    }
    if message.attachments:
        simple["Attachments"] = [_attachment(file) for file in files(message)]
    mail = {
        **common(message, account),
        "Destination": {"ToAddresses": [recipient(message)]},
        "Content": {"Simple": simple},
        "EmailTags": tags(message),
    }
    return signed(mail, PATH, account, now)


def classify(response: HttpResponse) -> Outcome:
    answer = json_object(response.body)
    message_id = answer.get("MessageId")
    if response.status == 200 and isinstance(message_id, str) and message_id:
        return Outcome(OutcomeKind.ACCEPTED, provider_id=message_id)
    code, said = _code(response, answer), answer.get("message", answer.get("Message", ""))
    said = said.lower() if isinstance(said, str) else ""
    if response.status >= 500 or response.status < 400:
        return status_outcome(response)
    if code == "MessageRejected" and "not verified" in said:
        return NOT_VERIFIED
    if code.startswith("Throttling") and "daily" in said:
        return DAILY
    if code.startswith("Throttling") or code not in CODES:
        return _uncoded(response, code)
    kind, reason = CODES[code]
    return Outcome(kind, reason, code)


def _attachment(file: Attachment) -> dict[str, str]:
    return {
        "FileName": file.name,
        "ContentType": file.content_type,
        "ContentDisposition": "ATTACHMENT",
        "ContentTransferEncoding": "BASE64",
        "RawContent": b64encode(file.content).decode(),
    }


def _uncoded(response: HttpResponse, code: str) -> Outcome:
    if code.startswith("Throttling") or response.status == 429:
        return Outcome(OutcomeKind.THROTTLED, "SES slows us down", code or "http_429")
    return status_outcome(response)


def _code(response: HttpResponse, answer: Mapping[str, Any]) -> str:
    """From the header, "MessageRejected:http://…"; or the body, "com.amazon#MessageRejected"."""
    said = response.headers.get("x-amzn-errortype") or answer.get("__type") or ""
    return str(said).partition(":")[0].rpartition("#")[2][:80]


def refuses_batches(response: HttpResponse) -> bool:
    """Not this one, but any: the operation is not there (a stand-in for SES, an old region), or the
    key may not use it. What is wrong with the account, the single sends will say."""
    if response.status in NO_SUCH_OPERATION:
        return True
    return classify(response).code in MAY_BE_BULK_ONLY


def classify_batch(response: HttpResponse, n: int) -> list[Outcome] | None:
    """Of a whole request that SES refuses, nothing was sent; one entry may be to blame."""
    if response.status == 200:
        return of_entries(response, n)
    outcome = classify(response)
    if refuses_batches(response):
        return None
    return None if outcome.kind is OutcomeKind.REJECTED else [outcome] * n
