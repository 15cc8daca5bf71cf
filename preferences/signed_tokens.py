"""Signed tokens for links: base64url(payload ‖ first 16 bytes of HMAC-SHA256). Pure.

The signature covers what the link is for, so that one kind never passes for another.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

SIGNATURE = 16  # bytes
LONGEST = 4096  # characters
SHAPE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


class BadToken(ValueError):
    """Not made by us, made for something else, damaged, or too old."""


def seal(key: bytes, purpose: bytes, payload: bytes) -> str:
    """Returns the payload with its signature, for a URL. Whoever has it can read the payload."""
    signed = payload + _signature(key, purpose, payload)
    return urlsafe_b64encode(signed).rstrip(b"=").decode()


def unseal(keys: Sequence[bytes], purpose: bytes, token: str) -> bytes:
    """The payload. Raises BadToken."""
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
