"""Addresses of people: normalised, masked, hashed for look-up, and sealed under their own key.

What is bound to what: a person's key to their `external_id`, an address to its person and hash.
"""

import json
import re
from email.utils import parseaddr
from urllib.parse import urlsplit

from phonenumbers import NumberParseException, parse, region_code_for_number

from channels.base import Channel
from notifyproj.core import encryption

E164 = re.compile(r"\+[1-9]\d{6,14}")
EMAIL = re.compile(r"[^@\s\"(),:;<>\[\]\\]{1,64}@[^@\s.]+(\.[^@\s.]+)+")

# Stored as JSON, with keys: a browser's subscription, an endpoint with its secrets.
PLACES: dict[str, str] = {Channel.WEB_PUSH: "endpoint", Channel.WEBHOOK: "url"}
WITH_HOST = frozenset({*PLACES, Channel.SLACK})
AREA_LENGTH = 64  # of its column


class InvalidAddress(ValueError):
    """The text is no address of that channel; the message says what one looks like."""


def normalise(channel: str, address: str) -> str:
    """The one form of an address that is stored and hashed. Raises InvalidAddress."""
    text = address.strip()
    if channel == Channel.EMAIL:
        return _email(text)
    if channel == Channel.SMS:
        number = re.sub(r"[\s().-]", "", text)
        if not E164.fullmatch(number):
            raise InvalidAddress("A number looks like +14155550123, with its country code.")
        return number
    if not text or len(text) > 4096 or any(c.isspace() for c in text):
        raise InvalidAddress("Must be 1 to 4096 characters without spaces.")
    return text


def mask(channel: str, address: str) -> str:
    """What may be shown: enough to recognise one's own, too little to use."""
    if channel == Channel.EMAIL:
        local, _, domain = address.partition("@")
        return f"{local[:1]}***@{domain}"[:64]
    if channel == Channel.SMS:
        return f"{address[:3]}…{address[-2:]}"
    if channel in WITH_HOST:
        return f"{urlsplit(_place(channel, address)).hostname or ''}/…"[:64]
    return f"…{address[-4:]}" if len(address) >= 16 else "…"


def area(channel: str, address: str) -> str:
    """Where a normalised address is: the country of a number (ISO 3166), the domain of a mailbox.
    "" when it is nowhere in particular, or not known; accounts are chosen by it."""
    if channel == Channel.EMAIL:
        domain = address.rpartition("@")[2]
        return domain if len(domain) <= AREA_LENGTH else ""
    return _country(address) if channel == Channel.SMS else ""


def hash_of(channel: str, address: str) -> bytes:
    """Look-up hash of a normalised address. Apps are told apart by their own column."""
    return encryption.lookup_hash(channel, _place(channel, address))


def _place(channel: str, address: str) -> str:
    """Of an address that holds keys besides, the part by which it is the same one again."""
    name = PLACES.get(channel)
    if name is None or not address.startswith("{"):
        return address
    try:
        return str(json.loads(address)[name])
    except (ValueError, KeyError):
        return address


def new_data_key(external_id: str) -> bytes:
    """A fresh key of a person, wrapped."""
    return wrap_data_key(encryption.new_key(), external_id)


def wrap_data_key(key: bytes, external_id: str) -> bytes:
    """Under the newest key of the ring."""
    return encryption.ring().wrap(key, _key_aad(external_id))


def open_data_key(wrapped: bytes, external_id: str) -> bytes:
    """Raises Undecryptable."""
    return encryption.ring().unwrap(bytes(wrapped), _key_aad(external_id))


def seal(key: bytes, recipient_id: int, hash_: bytes, address: str) -> bytes:
    return encryption.encrypt(key, address.encode(), _address_aad(recipient_id, hash_))


def unseal(key: bytes, recipient_id: int, hash_: bytes, sealed: bytes) -> str:
    """Raises Undecryptable."""
    aad = _address_aad(recipient_id, hash_)
    return encryption.decrypt(key, bytes(sealed), aad).decode()


def _email(text: str) -> str:
    address = parseaddr(text)[1]
    if address != text or not EMAIL.fullmatch(address):
        raise InvalidAddress("An e-mail address looks like name@example.com.")
    local, _, domain = address.rpartition("@")
    if not domain.isascii():
        return f"{local}@{domain.lower()}"
    try:
        return f"{local}@{domain.encode('idna').decode().lower()}"
    except UnicodeError as error:  # a label of more than 63 characters
        raise InvalidAddress("The domain of this e-mail address cannot exist.") from error


def _country(number: str) -> str:
    try:
        code = region_code_for_number(parse(number))
    except NumberParseException:
        return ""
    return code if code and code.isalpha() else ""  # "001": satellites, freephone


def _key_aad(external_id: str) -> bytes:
    return b"recipient.data_key:" + external_id.encode()


def _address_aad(recipient_id: int, hash_: bytes) -> bytes:
    return b"contact_point.address:%d:" % recipient_id + bytes(hash_)
