"""An address with or without a name, as people write it: `Müller Support <support@shop.example>`.

One rule for senders and reply addresses, wherever they are written and whoever sends. Pure.
"""

import re
from typing import NamedTuple

from channels.addresses.email import InvalidEmail, sendable
from channels.header_text import is_dangerous, phrase, well_formed

LONGEST = 500  # characters of a name and an address
LONGEST_NAME = 200
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
ESCAPE = re.compile(r"\\(.)")
NO_NAME = re.compile(r'["<>@]')  # of a name without quotes: more than one address, most likely


class InvalidMailbox(ValueError):
    """The message says what is wrong, and quotes nothing."""


class Mailbox(NamedTuple):
    name: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    def header(self) -> str:
        """In ASCII, for an API that folds by itself."""
        if not self.name:
            return self.address
        return " ".join((*phrase(self.name, quoted=True), f"<{self.address}>"))

    def tokens(self, before: int) -> list[str]:
        """For a header of ours; `before`: characters in front of it on its first line."""
        if not self.name:
            return [self.address]
        return [*phrase(self.name, before), f"<{self.address}>"]


def mailbox_of(text: str) -> Mailbox:
    """Raises InvalidMailbox."""
    if is_dangerous(text):
        raise InvalidMailbox("it has a line break or another control character")
    if len(text) > LONGEST:
        raise InvalidMailbox(f"it has more than {LONGEST} characters")
    text = well_formed(text).strip()
    if not text.endswith(">"):
        return Mailbox("", address_of(text))
    name, _, address = text[:-1].rpartition("<")
    return Mailbox(name_of(name), address_of(address))


def name_of(text: str) -> str:
    """With or without quotes. Raises InvalidMailbox."""
    text = text.strip()
    if is_dangerous(text) or len(text) > LONGEST_NAME:
        raise InvalidMailbox(f"its name needs up to {LONGEST_NAME} characters, all in one line")
    if found := QUOTED.fullmatch(text):
        return ESCAPE.sub(r"\1", found[1])
    if NO_NAME.search(text):
        raise InvalidMailbox("write one address, and in front of it a name at most")
    return text


def address_of(text: str) -> str:
    """With its domain in ASCII. Raises InvalidMailbox."""
    try:
        return sendable(text)
    except InvalidEmail:
        message = "it looks like support@shop.example, or Support <support@shop.example>"
        raise InvalidMailbox(message) from None
