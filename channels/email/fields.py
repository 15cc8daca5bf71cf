"""What every mail adapter takes of a message: author, recipient, headers, texts, files. Pure.

One rule for all of them, so that what one provider takes another takes as well.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from channels.base import Account, BuildError, Field, Outcome, OutcomeKind
from channels.header_text import is_dangerous, unstructured, well_formed
from channels.mailbox import (
    InvalidMailbox,
    Mailbox,
    address_of,
    mailbox_of,
    wrong_address,
    wrong_name,
)
from channels.messages import Attachment, EmailMessage

NAME = re.compile(r"[!-9;-~]{1,70}")  # printable, no colon
MAX_VALUE = 900  # characters; RFC 5322 allows 998 in a line, SES 995
# What a mail server or API fills in itself, or takes in a field of its own.
STRUCTURAL = frozenset(
    "bcc cc content-transfer-encoding content-type date from message-id mime-version received "
    "reply-to return-path sender subject to".split()
)
AUTOMATIC = {"Auto-Submitted": "auto-generated"}  # RFC 3834; a message may say otherwise
TYPE = re.compile(
    r"(?!message/|multipart/)[a-z0-9][\w!#$&^.+-]*/[a-z0-9][\w!#$&^.+-]*", re.A | re.I
)
ANY_TYPE = "application/octet-stream"
MAX_TYPE = 78  # characters: the most that SES takes
AUTHOR = (
    Field("from", "Sender address", setting=True, check=wrong_address),
    Field("from_name", "Sender name", required=False, setting=True, check=wrong_name),
)


def author(account: Account) -> Mailbox:
    """Raises BuildError: the account's settings are wrong."""
    name = str(account.settings.get("from_name") or "")
    if is_dangerous(name):
        raise BuildError(Outcome(OutcomeKind.MISCONFIGURED, "The sender name is not valid", "from"))
    text = str(account.settings.get("from", ""))
    return Mailbox(well_formed(name), _address(text, OutcomeKind.MISCONFIGURED))


def recipient(message: EmailMessage) -> str:
    """Raises BuildError for what cannot be an address."""
    return _address(message.envelope.address, OutcomeKind.BAD_RECIPIENT)


def reply_to(message: EmailMessage) -> Mailbox | None:
    """Raises BuildError for what is no address with or without a name."""
    if not message.reply_to:
        return None
    if is_dangerous(message.reply_to):
        raise refused("Reply-To")
    try:
        return mailbox_of(message.reply_to)
    except InvalidMailbox as error:
        reason = f"The reply address cannot be used. {error}"
        raise BuildError(Outcome(OutcomeKind.REJECTED, reason, "bad_address")) from None


def subject(message: EmailMessage) -> str:
    """Raises BuildError for one with a line break."""
    if is_dangerous(message.subject):
        raise refused("Subject")
    return well_formed(message.subject)


def message_id(message: EmailMessage, sender: Mailbox) -> str:
    """The same for every attempt, so that a receiver can drop the second one."""
    return f"<{message.envelope.delivery_id}@{sender.domain}>"


def headers(message: EmailMessage) -> Mapping[str, str]:
    """In ASCII. Raises BuildError for a header that cannot be sent."""
    wanted = {**AUTOMATIC, **message.headers}
    kept = {n: v for n, v in wanted.items() if v and n.lower() not in STRUCTURAL}
    for name, value in kept.items():
        if not NAME.fullmatch(name) or is_dangerous(value):
            raise refused(name)
        kept[name] = value = " ".join(unstructured(value))
        if len(value) > MAX_VALUE:
            raise refused(name)
    return kept


def bodies(message: EmailMessage) -> dict[str, str]:
    """Its texts by MIME type, plain text first. Raises BuildError if there is none."""
    found = {"text/plain": message.text, "text/html": message.html}
    if not (message.text or message.html):
        raise BuildError(Outcome(OutcomeKind.REJECTED, "The message is empty", "empty"))
    return {kind: well_formed(text) for kind, text in found.items() if text}


def files(message: EmailMessage) -> list[Attachment]:
    """Each with a type that can be enclosed. Raises BuildError for a name with a line break."""
    return [_file(file) for file in message.attachments]


def refused(name: str) -> BuildError:
    reason = f"The header {name[:40]!r} cannot be sent: it has a line break, or is too long"
    return BuildError(Outcome(OutcomeKind.REJECTED, reason, "bad_header"))


def _file(file: Attachment) -> Attachment:
    if is_dangerous(file.name):
        raise refused("Content-Disposition")
    usable = len(file.content_type) <= MAX_TYPE and TYPE.fullmatch(file.content_type)
    kind = file.content_type if usable else ANY_TYPE
    return replace(file, name=well_formed(file.name), content_type=kind)


def _address(text: str, blame: OutcomeKind) -> str:
    try:
        return address_of(text)
    except InvalidMailbox:
        whose = "The address" if blame is OutcomeKind.BAD_RECIPIENT else "The sender address"
        raise BuildError(Outcome(blame, f"{whose} is not valid", "bad_address")) from None
