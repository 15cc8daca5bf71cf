"""Addresses of our own that say, under our signature, which message they are about: where its
bounces go (VERP), where it can be unsubscribed by mail, where a feedback loop reports. Pure.

A local part has 64 characters at most (RFC 5321), and some servers change its case: base32 of the
payload and the first 8 bytes of an HMAC-SHA256, behind a letter that says what it is for.
"""

import hmac
import re
from base64 import b32decode, b32encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

SIGNATURE = 8  # bytes: guessed online, one RCPT at a time
LONGEST = 64  # characters of a local part
DELIMITERS = "+-=._"
GOOD_FOR = timedelta(days=14)  # servers give up after five days; some tell a day or two later
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UUID_BYTES = 16


class BadAddress(ValueError):
    """Not made by us, made for something else, damaged, or too old."""


class Bounce(NamedTuple):
    delivery_id: UUID
    account_id: int
    attempt: int
    day: int  # since 1970, of sending

    def payload(self) -> bytes:
        day = (self.day & 0xFFFF).to_bytes(2)
        return self.delivery_id.bytes + day + _packed(self.account_id) + _packed(self.attempt)

    def is_expired(self, now: datetime) -> bool:
        return (now - EPOCH) - timedelta(days=self.day) > GOOD_FOR


class Unsubscribe(NamedTuple):
    """Good for ever: a person may unsubscribe by the oldest of their messages."""

    delivery_id: UUID
    recipient_id: int
    type_id: int

    def payload(self) -> bytes:
        return self.delivery_id.bytes + _packed(self.recipient_id) + _packed(self.type_id)


class Feedback(NamedTuple):
    """Given to mailbox providers only: who knows it may report any message of the account."""

    account_id: int

    def payload(self) -> bytes:
        return _packed(self.account_id)


Signed = Bounce | Unsubscribe | Feedback
LETTERS: dict[type[Signed], str] = {Bounce: "b", Unsubscribe: "u", Feedback: "f"}


@dataclass(frozen=True, slots=True)
class Signer:
    """`base`: a domain that is all ours (bounces.example.com), or one mailbox whose sub-addresses
    we get (bounces@example.com)."""

    base: str
    key: bytes = field(repr=False)

    def address(self, what: Signed) -> str:
        """ "" when it would be too long for a mail server."""
        local = self.prefix() + LETTERS[type(what)] + _token(self.key, what)
        domain = self.base.rpartition("@")[2]
        return f"{local}@{domain}" if len(local) <= LONGEST else ""

    def prefix(self) -> str:
        mailbox = self.base.rpartition("@")[0]
        return f"{mailbox}+" if mailbox and mailbox[-1] not in DELIMITERS else mailbox

    def bounce(self, delivery_id: str, account_id: int, attempt: int, now: datetime) -> str:
        day = (now - EPOCH).days
        return self.address(Bounce(UUID(delivery_id), account_id, attempt, day))


def read(keys: Sequence[bytes], address: str, now: datetime) -> Signed:
    """Raises BadAddress."""
    letter, raw = _split(address)
    payload, signature = raw[:-SIGNATURE], raw[-SIGNATURE:]
    if not any(hmac.compare_digest(signature, _signature(k, letter, payload)) for k in keys):
        raise BadAddress
    found = _unpacked(letter, payload)
    if isinstance(found, Bounce) and found.is_expired(now):
        raise BadAddress
    return found


def peek(address: str) -> Signed | None:
    """What it says, whoever made it: for what was proven in another way."""
    try:
        letter, raw = _split(address)
        return _unpacked(letter, raw[:-SIGNATURE])
    except BadAddress:
        return None


def _token(key: bytes, what: Signed) -> str:
    payload = what.payload()
    signature = _signature(key, LETTERS[type(what)], payload)
    return b32encode(payload + signature).rstrip(b"=").decode().lower()


def _signature(key: bytes, letter: str, payload: bytes) -> bytes:
    return hmac.digest(key, letter.encode() + b"\0" + payload, "sha256")[:SIGNATURE]


def _split(address: str) -> tuple[str, bytes]:
    """(letter, payload and signature). What others put in front (SRS, BATV) is passed over."""
    local = address.strip().strip("<>").rpartition("@")[0]
    token = re.split(r"[^a-z2-7]", local[-LONGEST:].lower())[-1]
    try:
        raw = b32decode(token[1:].upper() + "=" * (-len(token[1:]) % 8))
    except ValueError as error:
        raise BadAddress from error
    if len(raw) <= SIGNATURE:
        raise BadAddress
    return token[0], raw


def _unpacked(letter: str, payload: bytes) -> Signed:
    reader = READERS.get(letter)
    try:
        if reader is not None:
            return reader(payload)
    except (StopIteration, ValueError) as error:
        raise BadAddress from error
    raise BadAddress


def _bounce(payload: bytes) -> Bounce:
    numbers = _numbers(payload[UUID_BYTES + 2 :])
    day = int.from_bytes(payload[UUID_BYTES : UUID_BYTES + 2])
    return Bounce(UUID(bytes=payload[:UUID_BYTES]), next(numbers), next(numbers), day)


def _unsubscribe(payload: bytes) -> Unsubscribe:
    numbers = _numbers(payload[UUID_BYTES:])
    return Unsubscribe(UUID(bytes=payload[:UUID_BYTES]), next(numbers), next(numbers))


def _feedback(payload: bytes) -> Feedback:
    return Feedback(next(_numbers(payload)))


READERS: dict[str, Callable[[bytes], Signed]] = {
    "b": _bounce,
    "u": _unsubscribe,
    "f": _feedback,
}


def _packed(number: int) -> bytes:
    """Seven bits a byte, the highest bit says that more follow."""
    found = bytearray()
    while number > 0x7F:
        found.append(0x80 | number & 0x7F)
        number >>= 7
    found.append(number)
    return bytes(found)


def _numbers(packed: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in packed:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield number
            number = shift = 0
