"""System checks of the settings. Ids are stable: people silence and search for them."""

import base64
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured

from notifyproj.core.encryption import KeyRing


@register(Tags.security)
def check_encryption_keys(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    try:
        KeyRing.parse(settings.FIELD_ENCRYPTION_KEYS)
    except ImproperlyConfigured as error:
        return [Error(str(error), id="notify.E001")]
    keys = [part.partition(":")[2] for part in settings.FIELD_ENCRYPTION_KEYS.split(",")]
    if any(len(base64.b64decode(key)) != 32 for key in keys if key):
        return [Error("Every key of FIELD_ENCRYPTION_KEYS has 32 bytes", id="notify.E001")]
    return []


@register(Tags.security)
def check_lookup_hash_key(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    try:
        enough = len(base64.b64decode(settings.LOOKUP_HASH_KEY, validate=True)) >= 32
    except ValueError:
        enough = False
    hint = "python3 -c 'import base64,os; print(base64.b64encode(os.urandom(32)).decode())'"
    return (
        []
        if enough
        else [Error("LOOKUP_HASH_KEY must be base64 of at least 32 bytes", hint, id="notify.E002")]
    )


@register(Tags.security, deploy=True)
def check_sandbox_off(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    if settings.SANDBOX:
        return [Warning("SANDBOX is on: everybody can read what it received", id="notify.W001")]
    return []


@register(Tags.security, deploy=True)
def check_private_urls_off(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    if settings.ALLOW_PRIVATE_URLS and not settings.SANDBOX:
        text = "ALLOW_PRIVATE_URLS is on: whoever registers a webhook can reach this machine"
        return [Warning(text, id="notify.W003")]
    return []


@register(Tags.security, deploy=True)
def check_public_url_is_https(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Mail providers want the one-click unsubscribe link over https."""
    if settings.PUBLIC_URL.startswith("https://"):
        return []
    text = "PUBLIC_URL is not https://, so e-mails go without one-click unsubscribe"
    return [Warning(text, id="notify.W002")]


@register(Tags.compatibility)
def check_urls(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    return [
        Error(f"{name} must be an absolute http(s) URL", id="notify.E003")
        for name in ("PUBLIC_URL", "LIVE_URL")
        if not _is_web_url(getattr(settings, name))
    ]


@register(Tags.compatibility)
def check_limits(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    return [
        Error(f"{name} must be at least 1", id="notify.E004")
        for name in ("RETENTION_DAYS", "ATTACHMENT_DAYS", "BACKLOG_LIMIT", "API_RATE_PER_SECOND")
        if getattr(settings, name) < 1
    ]


@register(Tags.compatibility)
def check_redis_url(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    if urlsplit(settings.REDIS_URL).scheme in ("redis", "rediss", "unix"):
        return []
    return [Error("REDIS_URL must start with redis://, rediss:// or unix://", id="notify.E005")]


def _is_web_url(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and bool(parts.hostname)
