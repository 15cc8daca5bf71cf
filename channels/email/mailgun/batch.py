"""Several messages in one request to Mailgun: placeholders, and what each person has for them.

https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/batch-sending
(read 2026-11)
"""

from collections.abc import Hashable, Sequence
from datetime import datetime

from msgspec.json import encode

from channels.base import Account, HttpRequest
from channels.email.fields import author, bodies, headers, recipient, subject
from channels.email.mailgun.multipart import Part
from channels.email.mailgun.request import TEXTS, answered_to, posted
from channels.messages import EmailMessage

VARIABLE = "%recipient"  # in a text, Mailgun would put something in its place


def batch_key(message: EmailMessage) -> Hashable | None:
    """What those in one request share; None for what has to go alone.

    Their headers' names, too: a request has one list of them, and each person fills it.
    """
    words = (message.subject, message.text, message.html, *message.headers.values())
    if message.attachments or any(VARIABLE in word for word in words):
        return None
    return (message.reply_to, tuple(bodies(message)), tuple(sorted(headers(message))))


def build_batch(messages: Sequence[EmailMessage], account: Account, now: datetime) -> HttpRequest:
    """Everybody sees their own address only: that is what recipient-variables are for.

    Without a Message-ID of ours: whether Mailgun fills a placeholder there is written nowhere,
    and the same one for everybody would make receivers drop all but one.
    """
    first = messages[0]
    people = {recipient(message): _own(message) for message in messages}
    variables = {
        who: {f"x{at}": value for at, (_, value) in enumerate(own)} for who, own in people.items()
    }
    fields = {
        "from": author(account).header(),
        **{name: f"%recipient.x{at}%" for at, (name, _) in enumerate(_own(first))},
        **answered_to(first),
        "recipient-variables": encode(variables).decode(),
    }
    to = [Part("to", who.encode()) for who in people]
    return posted(account, to, fields)


def _own(message: EmailMessage) -> list[tuple[str, str]]:
    """The fields that differ from person to person, always in the same order."""
    return [
        ("subject", subject(message)),
        *((TEXTS[kind], text) for kind, text in bodies(message).items()),
        ("v:delivery", message.envelope.delivery_id),
        ("v:attempt", str(message.envelope.attempt)),
        *((f"h:{name}", value) for name, value in sorted(headers(message).items())),
    ]
