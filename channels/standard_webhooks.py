"""Standard Webhooks 1.0.0: signatures that a receiver checks with any of its libraries.

The reference library signs; it takes one secret, and any that can be decoded at all.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md (2026-11)
"""

import secrets as random_secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook

PREFIX = "whsec_"
SECRET_BYTES = 32
KEY_BYTES = range(24, 65)  # what a secret decodes to


def new_secret() -> str:
    """Returns a random signing secret in the form of Standard Webhooks (`whsec_…`)."""
    return PREFIX + b64encode(random_secrets.token_bytes(SECRET_BYTES)).decode()


def key_of(secret: str) -> bytes:
    """The bytes to sign with. Raises ValueError, which does not quote the secret."""
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        raise ValueError("a webhook secret is whsec_ and base64") from None
    if len(key) not in KEY_BYTES:
        raise ValueError("a webhook secret has 24 to 64 bytes")
    return key


def sign(secrets: Sequence[str], id: str, timestamp: int, body: bytes) -> str:
    """A signature for each secret, newest first: during a rotation the receiver knows one of them.

    `id` is the event's and holds no dot; `timestamp` is this attempt's, in seconds.
    """
    if not id or "." in id:
        raise ValueError("a webhook id is not empty and has no dot")
    at, text = datetime.fromtimestamp(timestamp, UTC), body.decode()
    return " ".join(Webhook(key_of(secret)).sign(id, at, text) for secret in secrets)


def headers(secrets: Sequence[str], id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Of one attempt: signed anew each time, over the same bytes."""
    return {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secrets, id, timestamp, body),
    }
