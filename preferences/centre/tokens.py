"""What a link to the preference page carries: whose it is and when it was made, signed. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from struct import Struct
from struct import error as StructError
from typing import NamedTuple

from preferences.signed_tokens import BadToken, seal, unseal

PURPOSE = b"preferences.1"
LIFE = timedelta(days=30)
WHOSE = Struct(">QI")  # recipient, second of making


class Link(NamedTuple):
    recipient_id: int
    made_at: datetime


def mint(key: bytes, link: Link) -> str:
    payload = WHOSE.pack(link.recipient_id, int(link.made_at.timestamp()))
    return seal(key, PURPOSE, payload)


def read(keys: Sequence[bytes], token: str, now: datetime) -> Link:
    """Raises BadToken, also for one that is too old."""
    try:
        recipient_id, second = WHOSE.unpack(unseal(keys, PURPOSE, token))
    except StructError as error:
        raise BadToken from error
    made_at = datetime.fromtimestamp(second, UTC)
    if now >= made_at + LIFE:
        raise BadToken
    return Link(recipient_id, made_at)
