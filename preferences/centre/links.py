"""The URL of a person's preference page, under a key of its own made of SECRET_KEY."""

import hmac
from datetime import datetime
from functools import cache

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

from preferences.centre import tokens

PURPOSE = b"preferences.centre.1"


@cache
def keys() -> tuple[bytes, ...]:
    """The newest first: it signs; links signed with an earlier SECRET_KEY stay good."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return tuple(hmac.digest(secret.encode(), PURPOSE, "sha256") for secret in secrets)


@receiver(setting_changed)
def _forget(setting: str, **_: object) -> None:
    """Tests change settings; nothing else does."""
    keys.cache_clear()


def preferences_url(recipient_id: int, made_at: datetime) -> str:
    """Good for `tokens.LIFE` from `made_at`."""
    base = str(settings.PUBLIC_URL).rstrip("/")
    return f"{base}/p/{tokens.mint(keys()[0], tokens.Link(recipient_id, made_at))}"
