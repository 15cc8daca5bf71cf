"""Addresses of people: normalised, masked, hashed for look-up, and sealed under their own key.

What is bound to what: a person's key to their `external_id`, an address to its person and hash.
"""

import json
from collections.abc import Callable
from urllib.parse import urlsplit

from channels.addresses import device_token, email, phone, url
from channels.base import Channel
from notifyproj.core import encryption
from preferences.addresses import former_forms

# Stored as JSON, with keys: a browser's subscription, an endpoint with its secrets.
PLACES: dict[str, str] = {Channel.WEB_PUSH: "endpoint", Channel.WEBHOOK: "url"}
WITH_HOST = frozenset({*PLACES, Channel.SLACK})
AREA_LENGTH = 64  # of its column


class InvalidAddress(ValueError):
    """The text is no address of that channel; the message says what one looks like."""


FORMS: dict[str, Callable[[str], str]] = {
    Channel.EMAIL: email.sendable,
    Channel.SMS: phone.e164,
    Channel.PUSH: device_token.device_token,
    Channel.WEBHOOK: url.url,
    Channel.SLACK: url.url,
    Channel.WEB_PUSH: url.url,
}
# Where what is sent and what is compared differ, or what is stored need not be looked at again.
COMPARED: dict[str, Callable[[str], str]] = {
    **FORMS,
    Channel.EMAIL: email.normal_form,
    Channel.SMS: phone.sendable,
}


def normalise(channel: str, address: str) -> str:
    """The one form of an address that is stored and sent to. Raises InvalidAddress."""
    try:
        text = FORMS.get(channel, str.strip)(address)
    except ValueError as error:
        raise InvalidAddress(str(error)) from None
    if not text or len(text) > 4096 or any(c.isspace() for c in text):
        raise InvalidAddress("Must be 1 to 4096 characters without spaces.")
    return text


def is_one(channel: str, text: str) -> bool:
    """Whether it names a place at all, be it one that cannot be sent to any more."""
    try:
        return bool(COMPARED.get(channel, str.strip)(text))
    except ValueError:
        return False


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
    return phone.country(address) if channel == Channel.SMS else ""


def hash_of(channel: str, address: str) -> bytes:
    """Look-up hash of an address in whichever spelling; also of one that cannot be sent to, which
    may have been stored when nobody looked. Apps are told apart by their own column."""
    return encryption.lookup_hash(channel, _compared(channel, _place(channel, address)))


def former_hashes_of(channel: str, *spellings: str) -> tuple[bytes, ...]:
    """Those by which the same address may have been stored before the present rules."""
    forms: set[str] = set()
    for spelling in {_place(channel, text) for text in spellings}:
        compared = _compared(channel, spelling)
        forms |= former_forms.of(channel, spelling, compared) - {compared}
    return tuple(encryption.lookup_hash(channel, form) for form in sorted(forms))


def _compared(channel: str, address: str) -> str:
    try:
        return COMPARED.get(channel, str)(address)
    except ValueError:
        return address


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
    """Returns the address encrypted under the person's key; it opens only beside the same hash."""
    return encryption.encrypt(key, address.encode(), _address_aad(recipient_id, hash_))


def unseal(key: bytes, recipient_id: int, hash_: bytes, sealed: bytes) -> str:
    """Raises Undecryptable."""
    aad = _address_aad(recipient_id, hash_)
    return encryption.decrypt(key, bytes(sealed), aad).decode()


def place_of(channel: str, address: str) -> str:
    """The part of an address by which it is the same one again: a URL without its keys."""
    return _place(channel, address)


def _key_aad(external_id: str) -> bytes:
    return b"recipient.data_key:" + external_id.encode()


def _address_aad(recipient_id: int, hash_: bytes) -> bytes:
    return b"contact_point.address:%d:" % recipient_id + bytes(hash_)
