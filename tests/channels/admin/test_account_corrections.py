"""An account corrected in the admin: checked, in use again, and what waits for it marked."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from channels.accounts.credentials import account_upsert
from channels.accounts.health import hold
from channels.accounts.routes import OPEN, routes
from channels.models import ProviderAccount
from tests.channels.admin.test_provider_accounts import save


@pytest.fixture
def operator(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("maria"))
    return client


def browsers(subject: str) -> ProviderAccount:
    routes.forget()
    return account_upsert(
        slug="browsers",
        channel="web_push",
        kind="vapid",
        credentials={"private_key": "k"},
        settings={"subject": subject},
    )


def correct(operator: Client, account: ProviderAccount, subject: str) -> str:
    """Its contact alone."""
    return save(operator, account, credential_subject=subject)


def test_a_contact_that_push_services_refuse_is_not_saved(operator: Client) -> None:
    account = browsers("mailto:push@shop.example")
    assert "mailto:push@example.com" in correct(operator, account, "push@shop.example")
    assert account.settings["subject"] == "mailto:push@shop.example"


def test_a_corrected_account_is_in_use_again_at_once(operator: Client) -> None:
    account = browsers("https://shop.example/old")
    hold(account.pk, "The contact was refused")
    correct(operator, account, "mailto:push@shop.example")
    assert account.held_at is None


def test_a_correction_does_not_resume_what_an_operator_paused(operator: Client) -> None:
    account = browsers("https://shop.example/old")
    hold(account.pk, "A day off", by="maria")
    correct(operator, account, "mailto:push@shop.example")
    assert account.held_at is not None


def test_a_correction_closes_the_breaker_and_marks_what_waits(operator: Client) -> None:
    account = browsers("https://shop.example/old")
    ProviderAccount.objects.update(breaker=OPEN, breaker_trips=4)
    correct(operator, account, "mailto:push@shop.example")
    assert (account.breaker, account.retry_now) == ("closed", True)


def test_a_new_key_entered_in_the_form_marks_what_waits(operator: Client) -> None:
    account = browsers("https://shop.example/old")
    fields = {"credential_private_key": "new", "credential_subject": "https://shop.example/old"}
    save(operator, account, **fields)
    assert account.retry_now


def test_another_weight_marks_nothing(operator: Client) -> None:
    account = browsers("https://shop.example/old")
    save(operator, account, credential_subject="https://shop.example/old", weight="7")
    assert (account.weight, account.retry_now) == (7, False)
