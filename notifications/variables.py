"""A notification's variables at rest: under the person's key, so that erasing the person erases
them; under the key ring when many people share them, as they are then nobody's own."""

from collections.abc import Mapping
from typing import Any

import msgspec

from notifyproj.core import encryption

Variables = Mapping[str, Any]


def seal(notification_id: str, variables: Variables, key: bytes | None) -> bytes:
    """`key` is the one recipient's data key, opened; None for a shared notification."""
    if not variables:
        return b""
    text = msgspec.json.encode(variables)
    if key is None:
        return encryption.ring().wrap(text, _aad(notification_id))
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
    return ring.wrap(ring.unwrap(sealed, aad), aad)


def _aad(notification_id: str) -> bytes:
    return b"notification.variables:" + notification_id.encode()
