"""The admin's page of a provider account, as an operator saves it."""

from django.test import Client
from django.urls import reverse

from channels.accounts.credentials import open_credentials
from channels.models import ProviderAccount

CHANGE = "admin:channels_provideraccount_change"
STORED = {"account_sid": "AC1", "auth_token": "secret"}


def save(operator: Client, row: ProviderAccount, **fields: str) -> str:
    form = {"weight": "100", "rate_per_second": "0", "daily_cap": "0", "enabled": "on"}
    form |= {"credential_from": "+15005550006", "costs": "{}", **fields}
    page = operator.post(reverse(CHANGE, args=[row.pk]), form, follow=True).content.decode()
    row.refresh_from_db()
    return page


def credentials(row: ProviderAccount) -> dict[str, str]:
    return open_credentials(row.slug, bytes(row.credentials))
