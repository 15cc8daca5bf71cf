"""The URLs of our own that messages carry, under a key of their own made of SECRET_KEY."""

import hmac
from datetime import UTC, datetime
from functools import cache
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

from notifications.links import tokens
from notifications.links.tokens import Click, Open, Unsubscribe, Why

PURPOSE = b"notifications.links.1"
LONG_AGO = datetime.fromtimestamp(0, UTC)
PATHS = ("/t/", "/u/", "/p/", "/w/")


@cache
def keys() -> tuple[bytes, ...]:
    """The newest first: it signs; links signed with an earlier SECRET_KEY stay good."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return tuple(hmac.digest(secret.encode(), PURPOSE, "sha256") for secret in secrets)


@cache
def base() -> str:
    return str(settings.PUBLIC_URL).rstrip("/")


@cache
def host() -> str:
    return urlsplit(base()).hostname or "localhost"


@cache
def promises_one_click() -> bool:
    """Mail providers want the POST over https only; the sandbox may do without."""
    return base().startswith("https://") or settings.SANDBOX


@receiver(setting_changed)
def _forget(setting: str, **_: object) -> None:
    """Tests change settings; nothing else does."""
    for cached in (keys, base, host, promises_one_click):
        cached.cache_clear()


def open_url(delivery_id: str, now: datetime) -> str:
    return f"{base()}/t/o/{tokens.mint_open(keys()[0], Open(UUID(delivery_id), now))}.gif"


def click_url(delivery_id: str, now: datetime, url: str) -> str:
    """Empty for a URL that is ours already."""
    if url.startswith(tuple(base() + path for path in PATHS)):
        return ""
    return f"{base()}/t/c/{tokens.mint_click(keys()[0], Click(UUID(delivery_id), now, url))}"


def why_url(delivery_id: str, at: datetime) -> str:
    """Good as long as the delivery is kept. What it leads to is as old as `at`: from LONG_AGO it
    only tells, for who may read about a person but not decide for them."""
    return f"{base()}/w/{tokens.mint_why(keys()[0], Why(UUID(delivery_id), at))}"


def unsubscribe_url(
    delivery_id: str, recipient_id: int, type_id: int, contact_point_id: int | None, channel: str
) -> str:
    """Good for ever: a person may unsubscribe by the oldest of their messages."""
    link = Unsubscribe(
        delivery_id=UUID(delivery_id),
        recipient_id=recipient_id,
        type_id=type_id,
        contact_point_id=contact_point_id or 0,
        channel=channel,
    )
    return f"{base()}/u/{tokens.mint_unsubscribe(keys()[0], link)}"
