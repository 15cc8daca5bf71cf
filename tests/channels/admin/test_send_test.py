"""A test through one account: what an operator sees of the provider's answer."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from channels.accounts.credentials import account_upsert
from channels.accounts.health import hold
from channels.models import ProviderAccount
from channels.transport import loop as transport
from notifyproj.core.models import AuditEntry
from tests.providers import Answer, StandIn, stand_in
from tests.world import make_world

pytestmark = pytest.mark.django_db
TOKEN = "a" * 64


@pytest.fixture
def provider() -> Iterator[StandIn]:
    with stand_in() as made:
        yield made
    transport.forget()


@pytest.fixture
def operator(db: None) -> Client:
    user = User.objects.create_user("op", is_staff=True)
    user.groups.add(Group.objects.get(name="operator"))
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, account: ProviderAccount, to: str) -> str:
    """What a test sent to `to` shows."""
    url = reverse("admin:channels_provideraccount_send_test", args=[account.pk])
    return client.post(url, {"to": to, "text": "Is it there?"}).content.decode()


def test_the_answer_of_the_provider_is_shown(operator: Client, provider: StandIn) -> None:
    account = make_world(provider.url).account
    assert "Accepted" in page(operator, account, TOKEN)
    assert provider.requests[0]["path"] == f"/3/device/{TOKEN}"
    assert b"Is it there?" in provider.requests[0]["body"]


def test_a_refusal_is_shown_as_the_provider_words_it(operator: Client, provider: StandIn) -> None:
    account = make_world(provider.url).account
    provider.answers = [Answer(403, {"reason": "InvalidProviderToken"})] * 2
    shown = page(operator, account, TOKEN)
    assert "Account rejected" in shown
    assert "InvalidProviderToken" in shown


def test_it_works_while_the_account_is_held_and_changes_nothing(
    operator: Client, provider: StandIn
) -> None:
    account = make_world(provider.url).account
    hold(account.pk, "The key was refused")
    assert "Accepted" in page(operator, account, TOKEN)
    account.refresh_from_db()
    assert account.held_at is not None


def test_a_person_may_be_named_instead_of_an_address(operator: Client, provider: StandIn) -> None:
    world = make_world(provider.url)
    world.person("ada", token="b" * 64)
    page(operator, world.account, "ada")
    assert provider.requests[0]["path"] == f"/3/device/{'b' * 64}"


def test_it_is_in_the_audit_log_without_the_address(operator: Client, provider: StandIn) -> None:
    page(operator, make_world(provider.url).account, TOKEN)
    entry = AuditEntry.objects.filter(model="channels.provideraccount").latest("pk")
    assert (entry.actor, entry.note) == ("op", "Sent a test: accepted.")
    assert TOKEN not in entry.label


def test_what_is_no_address_is_said_to_be_none(operator: Client) -> None:
    account = account_upsert(slug="vapid", channel="web_push", kind="vapid", credentials={})
    assert "rejected" in page(operator, account, "not a subscription")
