"""Creating and replacing provider accounts, whoever asks: seeds, commands, tests."""

from collections.abc import Mapping
from typing import Any

from channels import registry
from channels.accounts.fields import field_problems
from channels.accounts.health import corrected
from channels.accounts.routes import account_value, open_credentials, seal_credentials
from channels.models import App, ProviderAccount
from notifyproj.core.encryption import Undecryptable

__all__ = ["account_upsert", "account_value", "open_credentials", "seal_credentials"]


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
    """Create or replace an account; its credentials are sealed for its slug. Raises ValueError
    that names each field whose value its adapter refuses. One that is corrected is in use again
    at once."""
    _refuse_wrong(slug, kind, {**(credentials or {}), **(settings or {})})
    before = ProviderAccount.objects.filter(slug=slug).first()
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
    if before is not None and _refusable(before) != _refusable(account):
        corrected(account.pk)
        account.refresh_from_db()
    return account


def _refusable(account: ProviderAccount) -> tuple[object, ...]:
    """What a provider may refuse; a change of it may mend the account."""
    try:
        credentials = open_credentials(account.slug, bytes(account.credentials))
    except Undecryptable:
        credentials = None
    place = (account.app_id, account.endpoint, account.ca_certificate)
    return (*place, account.settings, credentials)


def _refuse_wrong(slug: str, kind: str, given: Mapping[str, object]) -> None:
    if kind not in registry.kinds():
        return  # of a provider of a later release, or one that was taken out: it is not used
    problems = field_problems(registry.adapter(kind).FIELDS, given)
    if problems:
        told = " ".join(f"{name}: {problem}" for name, problem in problems.items())
        raise ValueError(f"The account {slug} was not saved. {told}")
