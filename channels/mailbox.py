"""An address with or without a name, as people write it: `Müller Support <support@shop.example>`.

One rule for senders and reply addresses, wherever they are written and whoever sends. Pure.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from channels.addresses.email import InvalidEmail, sendable
from channels.header_text import is_dangerous, phrase, well_formed

LONGEST = 500  # characters of a name and an address
LONGEST_NAME = 200
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
ESCAPE = re.compile(r"\\(.)")
NO_NAME = re.compile(r'["<>@]')  # of a name without quotes: more than one address, most likely


class InvalidMailbox(ValueError):
    """The message says what is wrong, in a sentence, and quotes nothing."""


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


@lru_cache(maxsize=1024)
def mailbox_of(text: str) -> Mailbox:
    """Raises InvalidMailbox."""
    if is_dangerous(text):
        raise InvalidMailbox("It has a line break or another control character.")
    if len(text) > LONGEST:
        raise InvalidMailbox(f"It has more than {LONGEST} characters.")
    text = well_formed(text).strip()
    if not text.endswith(">"):
        return Mailbox("", address_of(text))
    name, _, address = text[:-1].rpartition("<")
    return Mailbox(name_of(name), address_of(address))


def name_of(text: str) -> str:
    """With or without quotes. Raises InvalidMailbox."""
    text = text.strip()
    if wrong := wrong_name(text):
        raise InvalidMailbox(wrong)
    if found := QUOTED.fullmatch(text):
        return ESCAPE.sub(r"\1", found[1])
    if NO_NAME.search(text):
        raise InvalidMailbox("Write one address, and in front of it a name at most.")
    return text


def address_of(text: str) -> str:
    """With its domain in ASCII. Raises InvalidMailbox."""
    try:
        return sendable(text)
    except InvalidEmail as error:
        raise InvalidMailbox(str(error)) from None


def wrong_address(text: str) -> str:
    """What is wrong with the address of a sender; "" if nothing is."""
    try:
        address_of(text)
    except InvalidMailbox as error:
        return str(error)
    return ""


def wrong_name(text: str) -> str:
    """What is wrong with a sender's name, which no quotes are needed for; "" if nothing is."""
    if is_dangerous(text):
        return "A name has no line breaks and no control characters."
    return f"A name has at most {LONGEST_NAME} characters." if len(text) > LONGEST_NAME else ""
