"""Provider accounts between their row (encrypted) and the value adapters take."""

import json
from collections.abc import Mapping
from typing import Any

from channels.base import Account, Channel
from channels.models import App, ProviderAccount
from notifyproj.core import encryption


def account_upsert(
    *,
    slug: str,
    channel: str,
    kind: str,
    app: App | None = None,
    endpoint: str = "",
    ca_certificate: str = "",
    credentials: Mapping[str, str] | None = None,
    settings: Mapping[str, Any] | None = None,
    weight: int = 100,
    rate_per_second: int = 0,
) -> ProviderAccount:
    """Create or replace an account; its credentials are sealed for its slug."""
    account, _ = ProviderAccount.objects.update_or_create(
        slug=slug,
        defaults={
            "channel": channel,
            "kind": kind,
            "app": app,
            "endpoint": endpoint.rstrip("/"),
            "ca_certificate": ca_certificate,
            "credentials": seal_credentials(slug, credentials or {}),
            "settings": dict(settings or {}),
            "weight": weight,
            "rate_per_second": rate_per_second,
        },
    )
    return account


def account_value(row: ProviderAccount) -> Account:
    """Raises Undecryptable when no key of the ring opens the credentials."""
    return Account(
        id=row.pk,
        slug=row.slug,
        kind=row.kind,
        channel=Channel(row.channel),
        app_id=row.app_id,
        endpoint=row.endpoint,
        credentials=open_credentials(row.slug, bytes(row.credentials)),
        settings=row.settings,
        ca_certificate=row.ca_certificate,
        weight=row.weight,
        rate_per_second=row.rate_per_second,
    )


def seal_credentials(slug: str, credentials: Mapping[str, str]) -> bytes:
    return encryption.ring().wrap(json.dumps(dict(credentials)).encode(), _aad(slug))


def open_credentials(slug: str, sealed: bytes) -> dict[str, str]:
    """Raises Undecryptable."""
    if not sealed:
        return {}
    opened: dict[str, str] = json.loads(encryption.ring().unwrap(sealed, _aad(slug)))
    return opened


def _aad(slug: str) -> bytes:
    return b"provider_account.credentials:" + slug.encode()
