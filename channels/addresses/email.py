"""E-mail addresses: what can be sent to, and which texts are one mailbox.

The part before the @ is sent as its owner writes it, since a server may tell upper from lower case
(RFC 5321, 2.4); to find somebody again it is compared in lower case, as every server in use does.
The domain is always in ASCII. Not the `email-validator` library: it refuses `shop.test`, wants a
DNS client installed, and takes 30 µs where a send has one.
"""

import re
import unicodedata
from typing import NamedTuple

from channels.addresses.domain import InvalidDomain, ascii_domain
from channels.addresses.invisible import without_invisible, without_joiners

ATEXT = r"-A-Za-z0-9!#$%&'*+/=?^_`{|}~"  # RFC 5322, 3.2.3
WIDE = ATEXT + "\u0080-\U0010ffff"  # RFC 6531, 3.3
DOT_ATOM = re.compile(rf"[{ATEXT}]+(?:\.[{ATEXT}]+)*")
WIDE_DOT_ATOM = re.compile(rf"[{WIDE}]+(?:\.[{WIDE}]+)*")
MAX_LOCAL, MAX_ADDRESS = 64, 254  # octets, RFC 5321, 4.5.3.1
MAX_TEXT = 1_000  # characters that are looked at: what nobody sees may be among them

SHAPE = "Must be an e-mail address, such as name@example.com."
LOCAL = (
    "The part before the @ must have 1 to 64 letters, digits and signs, with single dots "
    "between them."
)
SCRIPT = "The part before the @ must be ASCII (SMTPUTF8 is not supported)."
LENGTH = "An e-mail address must have at most 254 characters."


class InvalidEmail(ValueError):
    """The message says what is wrong, without the text itself."""


class EmailAddress(NamedTuple):
    local: str
    domain: str  # ASCII, lower case

    @property
    def text(self) -> str:
        """What is sent."""
        return f"{self.local}@{self.domain}"

    @property
    def normal(self) -> str:
        """The one form by which the mailbox is found again; nothing is sent to it."""
        return f"{self.local.lower()}@{self.domain}"


def parse(text: str) -> EmailAddress:
    """An address in any script, without a name beside it. Raises InvalidEmail."""
    if len(text) > MAX_TEXT:
        raise InvalidEmail(LENGTH)
    local, at, domain = text.strip().rpartition("@")
    if not at:
        raise InvalidEmail(SHAPE)
    if not local.isascii():
        local = unicodedata.normalize("NFC", without_invisible(without_joiners(local)))
    local = local.lstrip()
    try:
        found = EmailAddress(local, ascii_domain(domain))
    except InvalidDomain as error:
        raise InvalidEmail(f"The domain of this e-mail address is invalid: {error}.") from None
    _check(found)
    return found


def sendable(text: str) -> str:
    """The address to send to. Raises InvalidEmail for what no server could ever be given.

    No provider here sends to other scripts before the @.
    """
    address = parse(text)
    if not address.local.isascii():
        raise InvalidEmail(SCRIPT)
    return address.text


def normal_form(text: str) -> str:
    """The one form of a mailbox, also of one that cannot be sent to. Raises InvalidEmail."""
    return parse(text).normal


def _check(address: EmailAddress) -> None:
    local = address.local
    plain = DOT_ATOM.fullmatch(local) is not None
    if not (plain or _is_wide(local)) or len(local.encode("utf-8", "replace")) > MAX_LOCAL:
        raise InvalidEmail(LOCAL)
    if len(address.text.encode("utf-8", "replace")) > MAX_ADDRESS:
        raise InvalidEmail(LENGTH)


def _is_wide(local: str) -> bool:
    """Letters of any script: nothing that is a space, a control or unassigned."""
    return bool(WIDE_DOT_ATOM.fullmatch(local)) and local.isprintable()
