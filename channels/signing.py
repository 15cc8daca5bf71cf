"""Signatures that providers ask for, as pure functions of key, claims and time."""

import json
from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key


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
    key = load_pem_private_key(key_pem.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise ValueError("not a P-256 private key")
    head = _segment({"alg": "ES256", "kid": key_id, "typ": "JWT"})
    signed = f"{head}.{_segment({'iss': issuer, 'iat': issued_at})}"
    der = key.sign(signed.encode(), ec.ECDSA(SHA256(), deterministic_signing=True))
    r, s = decode_dss_signature(der)
    return f"{signed}.{base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _segment(value: dict[str, object]) -> str:
    return base64url(json.dumps(value, separators=(",", ":")).encode())
