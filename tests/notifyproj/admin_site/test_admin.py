"""The admin's pages, as a logged-in operator calls them."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from channels.accounts.credentials import account_upsert, account_value
from channels.accounts.health import hold
from channels.models import ProviderAccount
from notifyproj.core.api import authentication
from notifyproj.core.api.keys import api_key_create, service_create
from notifyproj.core.models import ApiKey, Service
from preferences.models import Recipient
from preferences.recipients.schemas import ImportLine
from preferences.recipients.services import recipients_upsert_bulk

pytestmark = pytest.mark.django_db

TWILIO = {"account_sid": "AC" + "0" * 32, "auth_token": "s3cret-token"}


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("op"))
    return client


@pytest.fixture
def service() -> Service:
    return service_create(slug="shop")


def change_url(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


@pytest.mark.parametrize(
    "page",
    [
        "core_service",
        "core_apikey",
        "preferences_recipient",
        "preferences_notificationtype",
        "preferences_suppression",
        "channels_app",
        "channels_provideraccount",
    ],
)
def test_a_list_opens(operator: Client, page: str) -> None:
    assert operator.get(reverse(f"admin:{page}_changelist")).status_code == 200


def test_a_new_key_is_shown_once(operator: Client, service: Service) -> None:
    form = {"service": service.pk, "name": "ci", "scopes": ["send"]}
    page = operator.post(reverse("admin:core_apikey_add"), form, follow=True).content.decode()
    shown = re.search(r"nk_[\w-]{43}", page)
    assert shown is not None
    assert bytes(ApiKey.objects.get().hash) == authentication.digest_of(shown[0])
    again = operator.get(change_url(ApiKey.objects.get())).content.decode()
    assert shown[0] not in again


def test_a_key_can_be_revoked(operator: Client, service: Service) -> None:
    key, _ = api_key_create(service=service, scopes=["send"])
    form = {"action": "revoke", "_selected_action": [key.pk]}
    operator.post(reverse("admin:core_apikey_changelist"), form)
    key.refresh_from_db()
    assert key.revoked_at is not None


def test_a_recipient_shows_addresses_masked(operator: Client) -> None:
    recipients_upsert_bulk([ImportLine(external_id="maria", email="maria@example.com")])
    page = operator.get(change_url(Recipient.objects.get())).content.decode()
    assert "m***@example.com" in page
    assert "maria@example.com" not in page


def test_a_recipient_can_be_erased(operator: Client) -> None:
    recipients_upsert_bulk([ImportLine(external_id="maria", email="maria@example.com")])
    form = {"action": "erase", "_selected_action": [Recipient.objects.get().pk]}
    operator.post(reverse("admin:preferences_recipient_changelist"), form)
    assert Recipient.objects.get().erased_at is not None


def twilio_account(credentials: dict[str, str]) -> ProviderAccount:
    return account_upsert(slug="tw", channel="sms", kind="twilio", credentials=credentials)


def account_form(**changes: str) -> dict[str, str]:
    form = {"weight": "100", "rate_per_second": "0", "daily_cap": "0", "enabled": "on"}
    return form | changes


def test_a_new_account_is_disabled_until_it_has_credentials(operator: Client) -> None:
    form = account_form(slug="tw", channel="sms", kind="twilio")
    response = operator.post(reverse("admin:channels_provideraccount_add"), form)
    account = ProviderAccount.objects.get()
    assert account.enabled is False
    assert response["Location"] == change_url(account)


def test_an_account_of_another_channel_than_its_kind_is_refused(operator: Client) -> None:
    form = account_form(slug="tw", channel="email", kind="twilio")
    page = operator.post(reverse("admin:channels_provideraccount_add"), form).content.decode()
    assert "twilio sends sms" in page


def test_a_stored_credential_is_never_shown(operator: Client) -> None:
    page = operator.get(change_url(twilio_account(TWILIO))).content.decode()
    assert "credential_auth_token" in page
    assert "s3cret-token" not in page


def test_an_empty_credential_keeps_what_is_stored(operator: Client) -> None:
    account = twilio_account(TWILIO)
    operator.post(change_url(account), account_form(credential_account_sid="AC" + "1" * 32))
    account.refresh_from_db()
    assert account_value(account).credentials == {**TWILIO, "account_sid": "AC" + "1" * 32}


def test_an_account_cannot_be_enabled_without_what_it_needs(operator: Client) -> None:
    page = operator.post(change_url(twilio_account({})), account_form()).content.decode()
    assert "This provider requires it." in page


def test_what_an_adapter_calls_a_setting_is_kept_as_one(operator: Client) -> None:
    account = twilio_account(TWILIO)
    operator.post(change_url(account), account_form(credential_from="+14155550199"))
    account.refresh_from_db()
    value = account_value(account)
    assert value.settings == {"from": "+14155550199"}
    assert value.credentials == TWILIO


def test_a_held_account_is_resumed_by_an_action(operator: Client) -> None:
    account = twilio_account(TWILIO)
    hold(account.pk, "The key was refused")
    form = {"action": "resume_sending", "_selected_action": [account.pk]}
    operator.post(reverse("admin:channels_provideraccount_changelist"), form)
    account.refresh_from_db()
    assert account.held_at is None
