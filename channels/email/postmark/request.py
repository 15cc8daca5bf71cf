"""A message as Postmark takes it, and what every request shares."""

from base64 import b64encode
from typing import Any

from channels.base import (
    Account,
    BuildError,
    HttpRequest,
    Lane,
    MessageTooLarge,
    Outcome,
    OutcomeKind,
)
from channels.email.fields import (
    author,
    bodies,
    files,
    headers,
    message_id,
    recipient,
    reply_to,
    subject,
)
from channels.messages import Attachment, EmailMessage

API = "https://api.postmarkapp.com"
# https://postmarkapp.com/support/article/1056-what-are-the-attachment-and-email-size-limits
MAX_TEXT = 5_000_000  # bytes of each text
MAX_SIZE = 10_000_000  # bytes of a message, its attachments in base64
TEXTS = {"text/plain": "TextBody", "text/html": "HtmlBody"}
STREAM = "outbound"
NO_KEY = Outcome(OutcomeKind.MISCONFIGURED, "The server token is missing", "key")


def stream(message: EmailMessage, account: Account) -> str:
    bulk = account.settings.get("bulk_stream") if message.envelope.lane is Lane.BULK else ""
    return str(bulk or account.settings.get("stream") or STREAM)


def mail(message: EmailMessage, account: Account) -> dict[str, Any]:
    """Raises BuildError. We count opens and clicks ourselves."""
    sender, answer_to = author(account), reply_to(message)
    found: dict[str, Any] = {
        "From": sender.header(),
        "To": recipient(message),
        "Subject": subject(message),
        **{TEXTS[kind]: text for kind, text in bodies(message).items()},
        "Headers": [
            {"Name": name, "Value": value}
            for name, value in {
                "Message-ID": message_id(message, sender),
                "X-PM-KeepID": "true",
                **headers(message),
            }.items()
        ],
        "Metadata": {
            "delivery": message.envelope.delivery_id,
            "attempt": str(message.envelope.attempt),
        },
        "MessageStream": stream(message, account),
        "TrackOpens": False,
        "TrackLinks": "None",
    }
    if answer_to:
        found["ReplyTo"] = answer_to.header()
    if message.attachments:
        found["Attachments"] = [_file(file) for file in files(message)]
    if any(len(found.get(name, "").encode()) > MAX_TEXT for name in TEXTS.values()):
        raise MessageTooLarge("5 MB a text")
    if _size(found) > MAX_SIZE:
        raise MessageTooLarge("10 MB")
    return found


def posted(account: Account, path: str, body: bytes) -> HttpRequest:
    return HttpRequest(
        method="POST",
        url=f"{account.endpoint or API}{path}",
        headers={**login(account), "content-type": "application/json"},
        body=body,
    )


def login(account: Account) -> dict[str, str]:
    """Raises BuildError."""
    token = account.credentials.get("server_token", "")
    if not token:
        raise BuildError(NO_KEY)
    return {"accept": "application/json", "x-postmark-server-token": token}


def _file(file: Attachment) -> dict[str, str]:
    content = b64encode(file.content).decode()
    return {"Name": file.name, "Content": content, "ContentType": file.content_type}


def _size(found: dict[str, Any]) -> int:
    texts = sum(len(found.get(name, "").encode()) for name in TEXTS.values())
    return texts + sum(len(file["Content"]) for file in found.get("Attachments", ()))
