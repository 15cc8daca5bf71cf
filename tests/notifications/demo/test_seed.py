import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from pytest_django import Settings

from channels.accounts.credentials import account_value
from channels.base import Channel, Envelope
from channels.compose import compose
from channels.models import App, ProviderAccount
from channels.registry import adapter
from notifications.campaigns.models import Campaign
from notifications.campaigns.preflight.preflight import preflight
from notifyproj.core.api import authentication
from notifyproj.core.clock import now
from notifyproj.core.models import ApiKey
from preferences.addresses import addresses
from preferences.models import ContactPoint, NotificationType, Recipient
from preferences.recipients.services import recipient_erase
from templates.engine.render import render
from templates.models import TemplateVersion
from templates.versions import published as versions
from tests.channels.samples import browser

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
VARIABLES = {"order_id": "ORD-98765", "total": "$142.50", "estimated_delivery": "June 27"}
KEY = "nk_demo-key-of-the-tests"


@pytest.fixture(autouse=True)
def _fast_hashing(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("DEMO_API_KEY", KEY)
    monkeypatch.setenv("DEMO_ADMIN_PASSWORD", "hunter2-of-the-tests")
    return monkeypatch


@pytest.fixture
def _seeded(db: None, environment: pytest.MonkeyPatch) -> None:
    versions.forget_names()
    call_command("seed_demo")


def everything() -> list[Any]:
    models = (App, ApiKey, Recipient, NotificationType, TemplateVersion)
    accounts = [account_value(row) for row in ProviderAccount.objects.order_by("pk")]
    credentials = [account.credentials for account in accounts]
    rows = [list(model._default_manager.order_by("pk").values()) for model in models]
    points = ContactPoint.objects.order_by("pk").values_list("pk", "recipient", "app", "active")
    return [accounts, credentials, list(points), *rows]


@pytest.mark.usefixtures("_seeded")
def test_seeding_again_changes_nothing() -> None:
    before = everything()
    call_command("seed_demo")
    assert everything() == before


@pytest.mark.usefixtures("_seeded")
def test_a_device_that_a_fault_made_dead_registers_again() -> None:
    ContactPoint.objects.filter(channel="push").update(active=False)
    call_command("seed_demo")
    assert ContactPoint.objects.filter(channel="push", active=True).count() == 2


@pytest.mark.usefixtures("_seeded")
def test_whoever_was_erased_stays_erased() -> None:
    recipient_erase(external_id="user-123")
    call_command("seed_demo")
    assert not ContactPoint.objects.filter(recipient__external_id="user-123").exists()


@pytest.mark.usefixtures("_seeded")
def test_the_key_opens_the_api_and_its_secret_is_not_kept() -> None:
    key = ApiKey.objects.get(hash=authentication.digest_of(KEY))
    assert (key.service.slug, "send" in key.scopes, key.hint) == ("shop", True, KEY[-4:])


@pytest.mark.usefixtures("_seeded")
def test_a_new_demo_key_ends_the_old_one(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DEMO_API_KEY", "nk_another")
    call_command("seed_demo")
    assert not ApiKey.objects.filter(hash=authentication.digest_of(KEY)).exists()


@pytest.mark.usefixtures("_seeded")
def test_the_admin_can_log_in() -> None:
    admin = get_user_model().objects.get(username="admin")
    assert admin.is_superuser
    assert admin.check_password("hunter2-of-the-tests")


@pytest.mark.usefixtures("_seeded")
def test_every_text_can_be_sent_by_every_account_of_its_channel() -> None:
    for row in ProviderAccount.objects.all():
        account = account_value(row)
        address = "1" if row.channel == "inbox" else address_of(row)
        version = versions.find_version("order-confirmation-v2")
        assert version is not None
        texts = render(versions.compiled(version.id), row.channel, "de-AT", VARIABLES)
        envelope = Envelope(str(UUID(int=1)), 1, address, NOW + timedelta(hours=1))
        message = compose(Channel(row.channel), envelope, texts)
        assert adapter(row.kind).build(message, account, NOW)


def address_of(account: ProviderAccount) -> str:
    if account.channel == "web_push":  # Ada's browser subscribes when she asks for it
        return browser(f"{account.endpoint}/push/1")
    points = ContactPoint.objects.filter(recipient__external_id="user-123")
    point = points.get(channel=account.channel, app=account.app)
    ada = point.recipient
    assert ada.data_key
    key = addresses.open_data_key(bytes(ada.data_key), ada.external_id)
    return addresses.unseal(key, ada.pk, bytes(point.address_hash), bytes(point.address))


@pytest.mark.usefixtures("_seeded")
def test_every_type_has_a_template_with_all_its_channels() -> None:
    for type_ in NotificationType.objects.all():
        version = versions.find_version(type_.template)
        assert version is not None
        assert version.channels >= set(type_.channels)


@pytest.mark.usefixtures("_seeded")
def test_the_articles_request_has_what_its_template_needs() -> None:
    version = versions.find_version("order-confirmation-v2")
    assert version is not None
    assert set(version.variables) == set(VARIABLES)


@pytest.mark.usefixtures("_seeded")
def test_the_campaign_that_waits_can_be_launched() -> None:
    found = preflight(Campaign.objects.get(), now())

    assert (found.problems, found.broken) == ({}, ())
    assert found.audience == found.reached == 16
    assert {each.channel for each in found.reach} == {"push", "email"}


@pytest.mark.usefixtures("_seeded")
def test_the_firebase_key_file_is_a_whole_one() -> None:
    account = account_value(ProviderAccount.objects.get(slug="demo-fcm"))
    assert json.loads(account.credentials["service_account"])["type"] == "service_account"


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["DEMO_API_KEY", "DEMO_ADMIN_PASSWORD"])
def test_a_missing_secret_is_named(name: str, environment: pytest.MonkeyPatch) -> None:
    environment.delenv(name)
    with pytest.raises(CommandError, match=name):
        call_command("seed_demo")
    assert not Recipient.objects.exists()


@pytest.mark.django_db
def test_there_is_no_demo_without_the_sandbox(
    environment: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.SANDBOX = False
    with pytest.raises(CommandError, match="sandbox only"):
        call_command("seed_demo")


@pytest.mark.usefixtures("_seeded")
def test_the_receiver_at_the_sandbox_knows_adas_secret() -> None:
    row = ProviderAccount.objects.get(slug="demo-webhook")
    stored = json.loads(address_of(row))
    assert account_value(row).credentials["secret"] == stored["secrets"][0]["key"]
    assert not row.enabled


@pytest.mark.usefixtures("_seeded")
def test_a_sandbox_that_moved_leaves_no_dead_webhook(settings: Settings) -> None:
    settings.SANDBOX_URL = "http://127.0.0.1:9002"
    call_command("seed_demo")
    for row in ProviderAccount.objects.filter(slug__in=["demo-webhook", "demo-slack"]):
        assert "127.0.0.1:9002" in address_of(row)
