"""Message encryption for Web Push (RFC 8291), one aes128gcm record (RFC 8188)."""

import hmac
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD = 4096
LAST = b"\x02"  # the delimiter of the last record
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256


class Keys(NamedTuple):
    """A browser's, from its subscription. They let anybody send to it who has its endpoint."""

    p256dh: bytes
    auth: bytes


def check(keys: Keys) -> None:
    """Raises ValueError for what no browser gives."""
    if len(keys.p256dh) != 65 or keys.p256dh[0] != 4 or len(keys.auth) != 16:
        raise ValueError("p256dh has 65 bytes and auth 16")
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), keys.p256dh)


def sender_key(seed: bytes) -> ec.EllipticCurvePrivateKey:
    """A P-256 key made of 32 bytes that nobody can guess."""
    return ec.derive_private_key(int.from_bytes(seed) % (ORDER - 1) + 1, ec.SECP256R1())


def encrypt(plaintext: bytes, keys: Keys, sender: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """`sender` and `salt` are of this message only. Raises ValueError for keys that are none."""
    browser = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), keys.p256dh)
    public = sender.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = _hmac(keys.auth, sender.exchange(ec.ECDH(), browser))
    secret = _hmac(shared, b"WebPush: info\x00" + keys.p256dh + public + b"\x01")
    random = _hmac(salt, secret)
    key = _hmac(random, b"Content-Encoding: aes128gcm\x00\x01")[:16]
    nonce = _hmac(random, b"Content-Encoding: nonce\x00\x01")[:12]
    head = salt + RECORD.to_bytes(4) + bytes([len(public)]) + public
    return head + AESGCM(key).encrypt(nonce, plaintext + LAST, None)


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")
