"""Personal data at rest: AES-256-GCM under a key per recipient, itself wrapped by a key ring.

Erasing a person is deleting one wrapped key. Every ciphertext is bound to its place by `aad`
(table, column and the row's natural key), so that it opens nowhere else.
Wrapped: key id (1 byte) ‖ nonce (12) ‖ ciphertext. Encrypted: nonce (12) ‖ ciphertext.
Wrapped of a day: 0 ‖ key id (1) ‖ day (2) ‖ nonce (12) ‖ ciphertext.

Random nonces of 96 bits are safe for 2³² values under one key (NIST SP 800-38D, 8.3). What comes by
the request, callbacks and shared variables, would pass that within days; so each day has a key of
its own, made of the ring's. AES-GCM-SIV would do as well and costs 20 times as much (2026-11).
"""

import base64
import hmac
import os
from collections.abc import Mapping
from functools import cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver

NONCE = 12
OF_A_DAY = 0  # no id of a key
DAY = 2  # bytes of a day since 1970
DAYS_KEPT = 64  # ciphers of days, in a process
# Of the lookup hash. Another key, or another normal form of what is hashed, is another version, and
# everything is hashed again. 2: e-mail in lower case, domains by UTS 46, tokens and URLs too.
LOOKUP_VERSION = 2


class Undecryptable(ValueError):
    """Wrong key, wrong place, or a damaged value. Carries nothing of the value."""


class KeyRing:
    """Wraps and unwraps recipients' keys; the newest key wraps, every key unwraps."""

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        self._keys = dict(keys)
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._newest = next(iter(keys))
        self._of_days: dict[bytes, AESGCM] = {}

    @classmethod
    def parse(cls, text: str) -> "KeyRing":
        """From `2:base64,1:base64`, newest first. Raises ImproperlyConfigured."""
        try:
            pairs = [part.split(":", 1) for part in text.split(",") if part.strip()]
            keys = {int(key_id): base64.b64decode(key) for key_id, key in pairs}
            if not keys or any(not 0 < key_id < 256 for key_id in keys):
                raise ValueError
            return cls(keys)
        except ValueError as error:
            raise ImproperlyConfigured(
                "FIELD_ENCRYPTION_KEYS must be `id:base64 of 32 bytes`, newest first, ids 1-255"
            ) from error

    def wrap(self, value: bytes, aad: bytes) -> bytes:
        nonce = os.urandom(NONCE)
        sealed = self._ciphers[self._newest].encrypt(nonce, value, aad)
        return bytes([self._newest]) + nonce + sealed

    def wrap_of_day(self, value: bytes, aad: bytes, day: int) -> bytes:
        """For what there may be millions of a day; `day` is counted from 1970."""
        place = bytes([self._newest]) + (day % 65_536).to_bytes(DAY, "big")
        nonce = os.urandom(NONCE)
        return bytes([OF_A_DAY]) + place + nonce + self._of_day(place).encrypt(nonce, value, aad)

    def unwrap(self, wrapped: bytes, aad: bytes) -> bytes:
        """Raises Undecryptable."""
        if wrapped[:1] == bytes([OF_A_DAY]):
            return self._unwrap_of_day(wrapped[1:], aad)
        try:
            cipher = self._ciphers[wrapped[0]]
            return cipher.decrypt(wrapped[1 : 1 + NONCE], wrapped[1 + NONCE :], aad)
        except (KeyError, IndexError, InvalidTag, ValueError) as error:
            raise Undecryptable from error

    def is_current(self, wrapped: bytes) -> bool:
        """Whether the newest key wrapped it; the first two bytes are enough."""
        start = wrapped[1:2] if wrapped[:1] == bytes([OF_A_DAY]) else wrapped[:1]
        return start == bytes([self._newest])

    def _unwrap_of_day(self, sealed: bytes, aad: bytes) -> bytes:
        place, rest = sealed[: 1 + DAY], sealed[1 + DAY :]
        try:
            return self._of_day(place).decrypt(rest[:NONCE], rest[NONCE:], aad)
        except (KeyError, IndexError, InvalidTag, ValueError) as error:
            raise Undecryptable from error

    def _of_day(self, place: bytes) -> AESGCM:
        """`place`: the key's id and the day. Raises KeyError, IndexError."""
        cipher = self._of_days.get(place)
        if cipher is None:
            made = hmac.digest(self._keys[place[0]], b"day:" + place[1:], "sha256")
            if len(self._of_days) >= DAYS_KEPT:
                self._of_days.clear()
            cipher = self._of_days[place] = AESGCM(made)
        return cipher


@cache
def ring() -> KeyRing:
    """The process's key ring. Every delivery asks for it twice: settings are too slow to ask."""
    return KeyRing.parse(settings.FIELD_ENCRYPTION_KEYS)


@cache
def _lookup_key() -> bytes:
    return base64.b64decode(settings.LOOKUP_HASH_KEY)


@receiver(setting_changed)
def _forget_keys(setting: str, **_: object) -> None:
    """Tests change settings; nothing else does."""
    ring.cache_clear()
    _lookup_key.cache_clear()


def new_key() -> bytes:
    """Returns 32 random bytes, a key for AES-256-GCM."""
    return AESGCM.generate_key(256)


def encrypt(key: bytes, value: bytes, aad: bytes) -> bytes:
    """Returns nonce and ciphertext (AES-256-GCM); it opens only with the same `aad`."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, value, aad)


def decrypt(key: bytes, sealed: bytes, aad: bytes) -> bytes:
    """Raises Undecryptable."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], aad)
    except (InvalidTag, ValueError) as error:
        raise Undecryptable from error


def lookup_hash(kind: str, normalised: str) -> bytes:
    """Keyed hash to find an address without storing it in clear; `kind` keeps spaces apart."""
    return hmac.digest(_lookup_key(), f"{kind}:{normalised}".encode("utf-8", "replace"), "sha256")
