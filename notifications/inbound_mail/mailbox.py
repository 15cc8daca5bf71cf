"""A mailbox that mail to us comes into: where it is, and what of it is ours."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.message import Message
from email.parser import BytesHeaderParser
from typing import NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

from channels.addresses.signed import BadAddress, Signed
from channels.automatic_mail import header
from notifications.callbacks.receive.store import Inbound
from notifications.inbound_mail import signed_addresses
from notifications.inbound_mail.received import KEPT, received

SECONDS = 30.0  # that a server may take for an answer
MOST_AT_ONCE = 200  # mails of one look; the next one goes on
BATCH = 20  # mails in memory
MOST_HEAD = 64 * 1024
MOST_ADDRESSES = 50
# Whom it came to: what the server wrote at delivery first.
TO = (
    *("delivered-to", "x-delivered-to", "x-original-to", "envelope-to", "x-envelope-to"),
    *("to", "cc", "received"),
)
ADDRESS = re.compile(r"[^\s<>,;:\"()]{1,100}@[^\s<>,;:\"()]{1,255}")
PORTS = {"imap": 143, "imaps": 993, "pop3": 110, "pop3s": 995}


class Place(NamedTuple):
    protocol: str  # imap or pop3
    security: str  # tls, starttls or none
    host: str
    port: int
    user: str
    password: str
    folder: str

    def __repr__(self) -> str:
        return f"{self.protocol}://{self.host}:{self.port}/{self.folder}"


class Mailbox(Protocol):
    """An open one. Everything may raise what its library raises, or OSError."""

    def ids(self) -> Sequence[str]:
        """Of the mails that were not looked at, MOST_AT_ONCE at most."""

    def read(self, id_: str) -> bytes:
        """The beginning of a mail."""

    def done(self, ours: Sequence[str], others: Sequence[str]) -> None:
        """Ours are stored: they need not be here any more."""

    def close(self) -> None: ...


def place(url: str) -> Place:
    """Raises ValueError, which does not quote the password."""
    try:
        parts = urlsplit(url)
        scheme, _, starttls = parts.scheme.partition("+")
        default = PORTS[scheme]
        if starttls not in ("", "starttls") or not (parts.hostname and parts.username):
            raise ValueError
        security = "tls" if scheme.endswith("s") else starttls or "none"
        if security == "none" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError
        port = parts.port or default
    except (KeyError, ValueError):
        raise ValueError(
            "must be imaps://user:password@host/folder, pop3s://user:password@host, or"
            " imap+starttls, pop3+starttls; without encryption on this machine only"
        ) from None
    user, password = unquote(parts.username), unquote(parts.password or "")
    folder = unquote(parts.path.strip("/")) or "INBOX"
    return Place(
        protocol=scheme.removesuffix("s"),
        security=security,
        host=parts.hostname,
        port=port,
        user=user,
        password=password,
        folder=folder,
    )


def rows_of(raw: bytes, now: datetime) -> list[Inbound]:
    """One for each of our addresses that it came to; none for what is not ours."""
    head = raw[:MOST_HEAD].replace(b"\r\n", b"\n").lstrip(b"\n").partition(b"\n\n")[0]
    try:
        mail = BytesHeaderParser().parsebytes(head + b"\n\n")
    except Exception:  # the library's own, on what nobody should send
        return []
    sender = header(mail, "return-path").strip("<>")
    found: dict[Signed, str] = {}
    for address in _addresses(mail):
        try:
            found.setdefault(signed_addresses.verify(address, now), address)
        except BadAddress:
            continue
    return [received(to, address, sender, raw[:KEPT], now) for to, address in found.items()]


def _addresses(mail: Message) -> Iterator[str]:
    each = [
        address
        for name in TO
        for value in mail.get_all(name, [])[:MOST_ADDRESSES]
        for address in ADDRESS.findall(str(value)[:2_000])
    ]
    yield from list(dict.fromkeys(each))[:MOST_ADDRESSES]
