"""Signatures that providers ask for, as pure functions of key, claims and time."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)


def base64url(data: bytes) -> str:
    """RFC 7515 base64url: no padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def window_start(now: float, seconds: int) -> int:
    """The latest multiple of `seconds` that is not after `now`; both since the epoch."""
    return int(now) // seconds * seconds


@lru_cache(maxsize=256)
def es256_jwt(key_pem: str, key_id: str, issuer: str, issued_at: int) -> str:
    """A JWT with `iss` and `iat` only, signed with a P-256 key (PKCS#8 PEM).

    The signature is deterministic (RFC 6979), so every process that asks for the same `issued_at`
    makes the same token: nobody has to share it. Raises ValueError for anything but a P-256 key.
    """
    head = {"alg": "ES256", "kid": key_id, "typ": "JWT"}
    return _es256(p256_private(key_pem), head, {"iss": issuer, "iat": issued_at})


@lru_cache(maxsize=1024)
def vapid_jwt(key: str, audience: str, subject: str, expires_at: int) -> str:
    """RFC 8292: who sends, for one push service. Deterministic, as `es256_jwt`. ValueError."""
    claims = {"aud": audience, "exp": expires_at, "sub": subject}
    return _es256(p256_private(key), {"typ": "JWT", "alg": "ES256"}, claims)


@lru_cache(maxsize=64)
def p256_private(key: str) -> ec.EllipticCurvePrivateKey:
    """Of PEM, or of 32 bytes in base64url. Raises ValueError."""
    found: object
    if "-----BEGIN" in key:
        try:
            found = load_pem_private_key(key.encode(), None)
        except TypeError:  # it has a password
            raise ValueError("not a P-256 private key") from None
    else:
        raw = urlsafe_b64decode(key + "=" * (-len(key) % 4))
        found = (
            ec.derive_private_key(int.from_bytes(raw), ec.SECP256R1()) if len(raw) == 32 else None
        )
    if not isinstance(found, ec.EllipticCurvePrivateKey) or found.curve.name != "secp256r1":
        raise ValueError("not a P-256 private key")
    return found


@lru_cache(maxsize=64)
def p256_public(key: str) -> bytes:
    """The uncompressed point that belongs to a private key. Raises ValueError."""
    public = p256_private(key).public_key()
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _es256(
    key: ec.EllipticCurvePrivateKey, head: Mapping[str, object], claims: Mapping[str, object]
) -> str:
    signed = f"{_segment(head)}.{_segment(claims)}"
    der = key.sign(signed.encode(), ec.ECDSA(SHA256(), deterministic_signing=True))
    r, s = decode_dss_signature(der)
    return f"{signed}.{base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _segment(value: Mapping[str, object]) -> str:
    return base64url(json.dumps(value, separators=(",", ":")).encode())
