"""The browser's half of Web Push: its keys, and reading what was encrypted for them (RFC 8291).

Written by itself, as a browser's is: the sender's half is not used here.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HEAD = 86  # bytes: salt, record size, length of the key, the key
TAG = 16


def unpadded(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def decoded(text: str) -> bytes:
    """Raises ValueError."""
    return urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))


def private_key(number: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(number), ec.SECP256R1())


def public_point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def decrypt(body: bytes, key: ec.EllipticCurvePrivateKey, auth: bytes) -> bytes:
    """The plaintext of one record, its padding off. Raises ValueError with what is wrong."""
    if len(body) < HEAD + TAG + 1 or body[20] != 65:
        raise ValueError("no aes128gcm header with a key of 65 bytes")
    salt, size, sender = body[:16], int.from_bytes(body[16:20]), body[21:HEAD]
    if len(body) - HEAD > size:
        raise ValueError("more than one record")
    shared = key.exchange(
        ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(key.curve, sender)
    )
    info = b"WebPush: info\x00" + public_point(key) + sender
    secret = _derived(shared, auth, info, 32)
    content_key = _derived(secret, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\x00", 12)
    try:
        padded = AESGCM(content_key).decrypt(nonce, body[HEAD:], None)
    except InvalidTag:
        raise ValueError("cannot be decrypted with the subscription's keys") from None
    text = padded.rstrip(b"\x00")
    if not text.endswith(b"\x02"):
        raise ValueError("the last record does not end as one")
    return text[:-1]


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)
