"""What every mail API takes in fields of its own: author, recipient, headers. Pure.

None of them quotes a header, so a value that could end one is refused here.
"""

import re
from collections.abc import Mapping
from email.header import Header
from email.utils import parseaddr
from typing import NamedTuple

from channels.base import Account, BuildError, Outcome, OutcomeKind
from channels.email.mime import address
from channels.messages import EmailMessage

NAME = re.compile(r"[!-9;-~]{1,70}")  # printable, no colon
MAX_VALUE = 900  # characters; RFC 5322 allows 998 in a line, SES 995
# What a mail API fills in itself, or takes in a field of its own.
STRUCTURAL = frozenset(
    "bcc cc content-transfer-encoding content-type date from message-id mime-version received "
    "reply-to return-path sender subject to".split()
)


class Author(NamedTuple):
    name: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    def header(self) -> str:
        """RFC 5322, all of it in ASCII."""
        if not self.name:
            return self.address
        if self.name.isascii():
            quoted = self.name.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{quoted}" <{self.address}>'
        return f"{Header(self.name, 'utf-8', maxlinelen=10_000).encode()} <{self.address}>"


def author(account: Account) -> Author:
    """Raises BuildError: the account's settings are wrong."""
    name = str(account.settings.get("from_name") or "")
    if not name.isprintable():
        raise BuildError(Outcome(OutcomeKind.MISCONFIGURED, "The sender name is not valid", "from"))
    return Author(name, address(str(account.settings.get("from", "")), OutcomeKind.MISCONFIGURED))


def recipient(message: EmailMessage) -> str:
    """Raises BuildError for what cannot be an address."""
    return address(message.envelope.address, OutcomeKind.BAD_RECIPIENT)


def reply_to(message: EmailMessage) -> Author | None:
    if not message.reply_to:
        return None
    name, found = parseaddr(message.reply_to)
    if not message.reply_to.isprintable():
        raise refused("Reply-To")
    return Author(name, address(found, OutcomeKind.REJECTED))


def message_id(message: EmailMessage, sender: Author) -> str:
    """The same for every try, so that a receiver can drop the second one."""
    return f"<{message.envelope.delivery_id}@{sender.domain}>"


def headers(message: EmailMessage) -> Mapping[str, str]:
    """Raises BuildError for a header that cannot be sent as it is."""
    wanted = {"Auto-Submitted": "auto-generated", **message.headers}
    kept = {n: v for n, v in wanted.items() if v and n.lower() not in STRUCTURAL}
    for name, value in kept.items():
        printable = value.isascii() and value.isprintable() and len(value) <= MAX_VALUE
        if not (NAME.fullmatch(name) and printable):
            raise refused(name)
    return kept


def bodies(message: EmailMessage) -> dict[str, str]:
    """Its texts by MIME type, plain text first. Raises BuildError if there is none."""
    found = {"text/plain": message.text, "text/html": message.html}
    if not (message.text or message.html):
        raise BuildError(Outcome(OutcomeKind.REJECTED, "The message is empty", "empty"))
    return {kind: text for kind, text in found.items() if text}


def refused(name: str) -> BuildError:
    reason = f"The header {name[:40]!r} cannot be sent: line breaks, other scripts, or too long"
    return BuildError(Outcome(OutcomeKind.REJECTED, reason, "bad_header"))
