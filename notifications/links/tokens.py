"""What our links carry: ids and a target, signed, so that nobody can make or change one. Pure.

Sealed as preferences/signed_tokens.py says. No name and no address is in it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from struct import Struct
from struct import error as StructError
from typing import NamedTuple
from uuid import UUID

from preferences.signed_tokens import BadToken as BadToken
from preferences.signed_tokens import seal, unseal

OPENED, CLICKED, UNSUBSCRIBED, WHY = b"open.1", b"click.1", b"unsubscribe.1", b"why.1"
FROM = Struct(">16sI")  # delivery, second of sending
WHOM = Struct(">16sQQQ")  # delivery, recipient, type, contact point


class Open(NamedTuple):
    delivery_id: UUID
    sent_at: datetime


class Click(NamedTuple):
    delivery_id: UUID
    sent_at: datetime
    url: str


class Why(NamedTuple):
    """Whoever holds it may read why this was sent, or not."""

    delivery_id: UUID
    sent_at: datetime


class Unsubscribe(NamedTuple):
    """Who may stop getting what, by which channel; the contact point is only named to them."""

    delivery_id: UUID
    recipient_id: int
    type_id: int
    contact_point_id: int  # 0: none
    channel: str


def mint_open(key: bytes, link: Open) -> str:
    return seal(key, OPENED, _from(link))


def mint_click(key: bytes, link: Click) -> str:
    return seal(key, CLICKED, _from(link) + link.url.encode())


def mint_unsubscribe(key: bytes, link: Unsubscribe) -> str:
    whom = WHOM.pack(link[0].bytes, link.recipient_id, link.type_id, link.contact_point_id)
    return seal(key, UNSUBSCRIBED, whom + link.channel.encode())


def mint_why(key: bytes, link: Why) -> str:
    return seal(key, WHY, _from(link))


def read_open(keys: Sequence[bytes], token: str) -> Open:
    """Raises BadToken."""
    payload = unseal(keys, OPENED, token)
    return Open(*_of(payload))


def read_why(keys: Sequence[bytes], token: str) -> Why:
    """Raises BadToken."""
    payload = unseal(keys, WHY, token)
    return Why(*_of(payload))


def read_click(keys: Sequence[bytes], token: str) -> Click:
    """Raises BadToken."""
    payload = unseal(keys, CLICKED, token)
    return Click(*_of(payload), payload[FROM.size :].decode())


def read_unsubscribe(keys: Sequence[bytes], token: str) -> Unsubscribe:
    """Raises BadToken."""
    payload = unseal(keys, UNSUBSCRIBED, token)
    try:
        delivery, recipient_id, type_id, point_id = WHOM.unpack_from(payload)
    except StructError as error:
        raise BadToken from error
    channel = payload[WHOM.size :].decode()
    return Unsubscribe(
        delivery_id=UUID(bytes=delivery),
        recipient_id=recipient_id,
        type_id=type_id,
        contact_point_id=point_id,
        channel=channel,
    )


def _from(link: Open | Click | Why) -> bytes:
    return FROM.pack(link.delivery_id.bytes, int(link.sent_at.timestamp()))


def _of(payload: bytes) -> tuple[UUID, datetime]:
    try:
        delivery, second = FROM.unpack_from(payload)
    except StructError as error:
        raise BadToken from error
    return UUID(bytes=delivery), datetime.fromtimestamp(second, UTC)
