"""What our links carry: ids and a target, signed, so that nobody can make or change one. Pure.

base64url(payload ‖ first 16 bytes of HMAC-SHA256). The signature covers what the link is for, so
that one kind never passes for another. No name and no address is in it.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from struct import Struct
from struct import error as StructError
from typing import NamedTuple
from uuid import UUID

SIGNATURE = 16  # bytes
LONGEST = 4096  # characters
SHAPE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
OPENED, CLICKED, UNSUBSCRIBED = b"open.1", b"click.1", b"unsubscribe.1"
FROM = Struct(">16sI")  # delivery, second of sending
WHOM = Struct(">16sQQQ")  # delivery, recipient, type, contact point


class BadToken(ValueError):
    """Not made by us, made for something else, or damaged."""


class Open(NamedTuple):
    delivery_id: UUID
    sent_at: datetime


class Click(NamedTuple):
    delivery_id: UUID
    sent_at: datetime
    url: str


class Unsubscribe(NamedTuple):
    """Who may stop getting what, by which channel; the contact point is only named to them."""

    delivery_id: UUID
    recipient_id: int
    type_id: int
    contact_point_id: int  # 0: none
    channel: str


def mint_open(key: bytes, link: Open) -> str:
    return _seal(key, OPENED, _from(link))


def mint_click(key: bytes, link: Click) -> str:
    return _seal(key, CLICKED, _from(link) + link.url.encode())


def mint_unsubscribe(key: bytes, link: Unsubscribe) -> str:
    whom = WHOM.pack(link[0].bytes, link.recipient_id, link.type_id, link.contact_point_id)
    return _seal(key, UNSUBSCRIBED, whom + link.channel.encode())


def read_open(keys: Sequence[bytes], token: str) -> Open:
    """Raises BadToken."""
    payload = _payload(keys, OPENED, token)
    return Open(*_of(payload))


def read_click(keys: Sequence[bytes], token: str) -> Click:
    """Raises BadToken."""
    payload = _payload(keys, CLICKED, token)
    return Click(*_of(payload), payload[FROM.size :].decode())


def read_unsubscribe(keys: Sequence[bytes], token: str) -> Unsubscribe:
    """Raises BadToken."""
    payload = _payload(keys, UNSUBSCRIBED, token)
    try:
        delivery, recipient_id, type_id, point_id = WHOM.unpack_from(payload)
    except StructError as error:
        raise BadToken from error
    channel = payload[WHOM.size :].decode()
    return Unsubscribe(UUID(bytes=delivery), recipient_id, type_id, point_id, channel)


def _from(link: Open | Click) -> bytes:
    return FROM.pack(link.delivery_id.bytes, int(link.sent_at.timestamp()))


def _of(payload: bytes) -> tuple[UUID, datetime]:
    try:
        delivery, second = FROM.unpack_from(payload)
    except StructError as error:
        raise BadToken from error
    return UUID(bytes=delivery), datetime.fromtimestamp(second, UTC)


def _seal(key: bytes, purpose: bytes, payload: bytes) -> str:
    signed = payload + _signature(key, purpose, payload)
    return urlsafe_b64encode(signed).rstrip(b"=").decode()


def _payload(keys: Sequence[bytes], purpose: bytes, token: str) -> bytes:
    if not (SIGNATURE < len(token) <= LONGEST and SHAPE.fullmatch(token)):
        raise BadToken
    try:
        signed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError as error:
        raise BadToken from error
    payload, signature = signed[:-SIGNATURE], signed[-SIGNATURE:]
    if not any(hmac.compare_digest(signature, _signature(k, purpose, payload)) for k in keys):
        raise BadToken
    return payload


def _signature(key: bytes, purpose: bytes, payload: bytes) -> bytes:
    return hmac.digest(key, purpose + b"\0" + payload, "sha256")[:SIGNATURE]
