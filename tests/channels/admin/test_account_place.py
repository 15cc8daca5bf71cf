"""Another place for an account's messages: its credentials are not sent there unasked."""

import pytest
from django.test import Client

from channels.accounts.credentials import account_upsert
from channels.models import App, ProviderAccount
from tests.channels.account_page import STORED, credentials, save

HIDDEN = "is not shown"


@pytest.mark.parametrize(
    "changed",
    [{"endpoint": "https://evil.example"}, {"ca_certificate": "-----BEGIN CERTIFICATE-----"}],
)
def test_another_place_wants_the_credentials_again(
    operator: Client, texts: ProviderAccount, changed: dict[str, str]
) -> None:
    assert "Enter this again" in save(operator, texts, **changed)
    assert (texts.endpoint, texts.ca_certificate) == ("", "")


def test_one_credential_of_two_is_not_enough(operator: Client, texts: ProviderAccount) -> None:
    given = {"endpoint": "https://sms.example", "credential_account_sid": "AC2"}

    assert "Enter this again" in save(operator, texts, **given)
    assert credentials(texts) == STORED


def test_with_its_credentials_an_account_may_move(operator: Client, texts: ProviderAccount) -> None:
    again = {"credential_account_sid": "AC2", "credential_auth_token": "new"}

    save(operator, texts, endpoint="https://sms.example", **again)

    assert texts.endpoint == "https://sms.example"
    assert credentials(texts) == {"account_sid": "AC2", "auth_token": "new"}


def test_what_no_key_opens_now_goes_nowhere_later(operator: Client, texts: ProviderAccount) -> None:
    ProviderAccount.objects.filter(pk=texts.pk).update(credentials=b"\x63of a lost key")
    again = {"credential_account_sid": "AC2", "credential_auth_token": "new"}

    save(operator, texts, endpoint="https://sms.example", **again)

    assert credentials(texts) == {"account_sid": "AC2", "auth_token": "new"}


def test_what_stays_in_its_place_needs_nothing_again(
    operator: Client, texts: ProviderAccount
) -> None:
    save(operator, texts, weight="7")

    assert (texts.weight, credentials(texts)) == (7, STORED)


def test_another_app_wants_the_credentials_again(operator: Client, db: None) -> None:
    shop, other = (
        App.objects.create(slug=slug, name=slug, channel="push") for slug in ("shop", "other")
    )
    row = account_upsert(
        slug="push", channel="push", kind="fcm", app=shop, credentials={"service_account": "{}"}
    )

    assert "Enter this again" in save(operator, row, app=str(other.pk))
    assert row.app_id == shop.pk


@pytest.mark.parametrize("changed", [{"host": "evil.example"}, {"security": "none"}])
def test_another_mail_server_wants_the_password_again(
    operator: Client, db: None, changed: dict[str, str]
) -> None:
    kept = {"from": "a@shop.example", "host": "mail.shop.example", "security": "tls"}
    row = account_upsert(
        slug="mail",
        channel="email",
        kind="smtp",
        credentials={"username": "shop", "password": "secret"},
        settings=kept,
    )
    given = {f"credential_{name}": value for name, value in {**kept, **changed}.items()}

    assert "Enter this again" in save(operator, row, **given)
    assert row.settings == kept
