"""Addresses of ours under a key of their own made of SECRET_KEY; none without BOUNCE_ADDRESS."""

import hmac
from datetime import datetime
from functools import cache
from uuid import UUID

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

from channels.addresses.signed import Feedback, Signed, Signer, Unsubscribe, read

PURPOSE = b"notifications.inbound_mail.1"


@cache
def keys() -> tuple[bytes, ...]:
    """The newest first: it signs; what was signed with an earlier SECRET_KEY stays good."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return tuple(hmac.digest(secret.encode(), PURPOSE, "sha256") for secret in secrets)


@cache
def signer() -> Signer | None:
    """Returns what signs bounce addresses, or None where `BOUNCE_ADDRESS` is not set."""
    base = str(settings.BOUNCE_ADDRESS).strip()
    return Signer(base, keys()[0]) if base else None


@receiver(setting_changed)
def _forget(setting: str, **_: object) -> None:
    """Tests change settings; nothing else does."""
    for cached in (keys, signer):
        cached.cache_clear()


def unsubscribe(delivery_id: str, recipient_id: int, type_id: int) -> str:
    """ "" where we take no mail."""
    ours = signer()
    return ours.address(Unsubscribe(UUID(delivery_id), recipient_id, type_id)) if ours else ""


def feedback(account_id: int) -> str:
    """Where a mailbox provider reports complaints about an account's mail; "" as above."""
    ours = signer()
    return ours.address(Feedback(account_id)) if ours else ""


def verify(address: str, now: datetime) -> Signed:
    """Raises BadAddress."""
    return read(keys(), address, now)
