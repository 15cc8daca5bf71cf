"""A notification's variables at rest: under the person's key, so that erasing the person erases
them; under the key ring when many people share them, as they are then nobody's own."""

from collections.abc import Mapping
from typing import Any

import msgspec

from notifyproj.core import encryption
from notifyproj.core.ids import day_in

Variables = Mapping[str, Any]


def seal(notification_id: str, variables: Variables, key: bytes | None) -> bytes:
    """`key` is the one recipient's data key, opened; None for a shared notification."""
    if not variables:
        return b""
    text = msgspec.json.encode(variables)
    if key is None:
        day = day_in(notification_id)
        return encryption.ring().wrap_of_day(text, _aad(notification_id), day)
    return encryption.encrypt(key, text, _aad(notification_id))


def unseal(notification_id: str, sealed: bytes, key: bytes | None) -> dict[str, Any]:
    """Raises Undecryptable."""
    if not sealed:
        return {}
    if key is None:
        text = encryption.ring().unwrap(sealed, _aad(notification_id))
    else:
        text = encryption.decrypt(key, sealed, _aad(notification_id))
    opened: dict[str, Any] = msgspec.json.decode(text)
    return opened


def rewrap(notification_id: str, sealed: bytes) -> bytes:
    """Shared variables under the ring's newest key. Raises Undecryptable."""
    ring, aad = encryption.ring(), _aad(notification_id)
    return ring.wrap_of_day(ring.unwrap(sealed, aad), aad, day_in(notification_id))


def _aad(notification_id: str) -> bytes:
    return b"notification.variables:" + notification_id.encode()
