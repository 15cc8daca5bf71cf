"""An account's credentials, sealed for its slug, and the value that adapters take."""

import json
from collections.abc import Mapping

from channels.base import Account, Channel
from channels.models import ProviderAccount
from notifyproj.core import encryption


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
