"""Several messages in one request to SES: a template of nothing but what is put in.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendBulkEmail.html (read 2026-11)
"""

from collections.abc import Hashable, Sequence
from datetime import datetime
from typing import Any

from msgspec.json import encode

from channels.answers import json_object, status_outcome
from channels.base import Account, HttpRequest, HttpResponse, Outcome, OutcomeKind
from channels.email.fields import bodies, recipient, subject
from channels.email.ses.codes import BULK
from channels.email.ses.request import common, headers, signed, tags
from channels.messages import EmailMessage

PATH = "/v2/email/outbound-bulk-emails"
MAX_DATA = 262_144  # characters of one entry's replacements
# Three braces: what is put in is rendered already, and not escaped again.
TEMPLATE = {"Subject": "{{{subject}}}", "Text": "{{{text}}}", "Html": "{{{html}}}"}


def batch_key(message: EmailMessage) -> Hashable | None:
    """What those in one request share; None for what has to go alone."""
    if message.attachments or not _fits(message):
        return None
    return (message.reply_to, bool(message.text), bool(message.html))


def build_batch(messages: Sequence[EmailMessage], account: Account, now: datetime) -> HttpRequest:
    content = {name: text for name, text in TEMPLATE.items() if getattr(messages[0], name.lower())}
    mail = {
        **common(messages[0], account),
        "DefaultContent": {"Template": {"TemplateContent": content, "TemplateData": "{}"}},
        "BulkEmailEntries": [_entry(message) for message in messages],
    }
    return signed(mail, PATH, account, now)


def of_entries(response: HttpResponse, n: int) -> list[Outcome]:
    """Of an answer with status 200: an outcome for each entry, in the order of the request."""
    found = json_object(response.body).get("BulkEmailEntryResults")
    if not isinstance(found, list) or len(found) != n:
        return [status_outcome(response)] * n
    return [_of_entry(entry, response) for entry in found]


def _entry(message: EmailMessage) -> dict[str, Any]:
    data = {"ReplacementTemplateData": _replacements(message)}
    return {
        "Destination": {"ToAddresses": [recipient(message)]},
        "ReplacementEmailContent": {"ReplacementTemplate": data},
        "ReplacementHeaders": headers(message),
        "ReplacementTags": tags(message),
    }


def _fits(message: EmailMessage) -> bool:
    """Nothing becomes longer than six characters in JSON, so most need not be written to know."""
    longest = 6 * (len(message.subject) + len(message.text) + len(message.html)) + 100
    return longest <= MAX_DATA or len(_replacements(message)) <= MAX_DATA


def _replacements(message: EmailMessage) -> str:
    texts = bodies(message)
    text, html = texts.get("text/plain", ""), texts.get("text/html", "")
    return encode({"subject": subject(message), "text": text, "html": html}).decode()


def _of_entry(entry: Any, response: HttpResponse) -> Outcome:
    status = entry.get("Status") if isinstance(entry, dict) else None
    message_id = entry.get("MessageId") if isinstance(entry, dict) else None
    if status == "SUCCESS" and isinstance(message_id, str):
        return Outcome(OutcomeKind.ACCEPTED, provider_id=message_id)
    if not isinstance(status, str) or status not in BULK:
        return status_outcome(response)  # new to us: it may have been sent
    kind, reason = BULK[status]
    return Outcome(kind, reason, status)
