"""The public half of an account's private key: what its provider would keep."""

from functools import lru_cache

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)


@lru_cache(maxsize=64)
def public_key(private_pem: str) -> bytes:
    """PEM. Raises ValueError for anything but a PEM private key."""
    key = load_pem_private_key(private_pem.encode(), None)
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
