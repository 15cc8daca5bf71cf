"""The audit log: what was changed, by whom, from what to what; and that nobody can rewrite it."""

import pytest
from django.contrib.auth.models import Group, User
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from channels.accounts.credentials import account_upsert
from channels.models import ProviderAccount
from notifyproj.core.api.keys import api_key_create, service_create
from notifyproj.core.models import AuditEntry, Service
from preferences.models import NotificationType, Recipient

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(db: None) -> Client:
    user = User.objects.create_user("boss", is_staff=True)
    user.groups.add(Group.objects.get(name="admin"))
    client = Client()
    client.force_login(user)
    return client


def last(model: str) -> AuditEntry:
    return AuditEntry.objects.filter(model=model).latest("pk")


def category_add(boss: Client) -> None:
    caps = {"caps-TOTAL_FORMS": "0", "caps-INITIAL_FORMS": "0"}
    form = {"slug": "news", "name": "News", "position": "0", **caps}
    boss.post(reverse("admin:preferences_category_add"), form)


def test_a_change_by_a_form_is_kept_with_before_and_after(boss: Client) -> None:
    service = service_create(slug="shop", name="Shop")
    url = reverse("admin:core_service_change", args=[service.pk])
    empty = {"api_keys-TOTAL_FORMS": "0", "api_keys-INITIAL_FORMS": "0"}
    boss.post(url, {"name": "The shop", "enabled": "on", **empty})
    entry = last("core.service")
    assert (entry.kind, entry.actor, entry.action) == ("user", "boss", "changed")
    assert entry.changes == {"name": ["Shop", "The shop"]}
    assert entry.label == "shop"
    assert entry.ip_hash is not None


def test_a_change_by_an_api_key_names_its_service(client: Client) -> None:
    service = service_create(slug="shop")
    key, secret = api_key_create(service=service, scopes=["endpoints"])
    body = {"url": "https://example.com/hook"}
    made = client.post(
        "/api/v1/status-endpoints",
        body,
        "application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert made.status_code == 201, made.content
    entry = AuditEntry.objects.get(model="status_events.statusendpoint", action="added")
    assert (entry.kind, entry.actor, entry.actor_id) == ("key", "shop", key.pk)


def test_a_change_without_a_request_is_the_platforms_own() -> None:
    service_create(slug="shop")
    assert last("core.service").kind == "platform"


def test_who_asked_is_forgotten_after_the_request(boss: Client) -> None:
    category_add(boss)
    service_create(slug="shop")
    assert last("core.service").kind == "platform"


def test_a_secret_is_only_said_to_have_changed() -> None:
    twilio = {"account_sid": "AC" + "0" * 32, "auth_token": "s3cret-token"}
    account_upsert(slug="tw", channel="sms", kind="twilio", credentials=twilio)
    entry = last("channels.provideraccount")
    assert entry.changes["credentials"] == "changed"
    assert "s3cret-token" not in str(entry.changes)


def test_what_the_platform_moves_by_itself_is_no_change() -> None:
    account = ProviderAccount.objects.create(slug="tw", channel="sms", kind="twilio")
    before = AuditEntry.objects.count()
    ProviderAccount.objects.filter(pk=account.pk).update(latency_ms=12.0, breaker="open")
    assert AuditEntry.objects.count() == before


def test_a_change_that_no_form_made_is_kept_as_well() -> None:
    type_ = NotificationType.objects.create(slug="offers", name="Offers", channels=["email"])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE notification_type SET mandatory = true WHERE id = %s", [type_.pk])
    assert last("preferences.notificationtype").changes == {"mandatory": [False, True]}


def test_an_act_is_kept_in_words(boss: Client) -> None:
    account = account_upsert(slug="tw", channel="sms", kind="twilio", credentials={})
    form = {"action": "pause", "_selected_action": [account.pk], "reason": "bill unpaid"}
    boss.post(reverse("admin:channels_provideraccount_changelist"), form)
    entry = last("channels.provideraccount")
    assert (entry.action, entry.actor, entry.note) == ("did", "boss", "Suspended: bill unpaid")


def test_a_form_about_a_person_is_kept_without_what_was_typed(boss: Client) -> None:
    person = Recipient.objects.create(external_id="ada")
    url = reverse("admin:preferences_recipient_change", args=[person.pk])
    names = ("contact_points", "preferences", "quiet_hours")
    forms = {f"{n}-{part}_FORMS": "0" for n in names for part in ("TOTAL", "INITIAL")}
    boss.post(url, {"locale": "de-AT", "timezone": "UTC", "attributes": "{}", **forms})
    entry = last("preferences.recipient")
    assert (entry.action, entry.object_id) == ("changed", str(person.pk))
    assert "de-AT" not in f"{entry.note}{entry.changes}"


def test_a_new_role_is_in_the_log() -> None:
    user = User.objects.create_user("maria")
    user.groups.add(Group.objects.get(name="operator"))
    entry = last("auth.user")
    assert entry.object_id == str(user.pk)
    assert entry.changes["group_id"] == [None, Group.objects.get(name="operator").pk]


@pytest.mark.parametrize("act", ["UPDATE audit_entry SET actor = 'x'", "DELETE FROM audit_entry"])
def test_the_log_cannot_be_rewritten(act: str) -> None:
    Service.objects.create(slug="shop", name="Shop")
    refused = pytest.raises(DatabaseError, match="append-only")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(act)


def test_the_history_of_an_object_is_on_its_page(boss: Client) -> None:
    service = service_create(slug="shop", name="Shop")
    Service.objects.filter(pk=service.pk).update(name="The shop")
    page = boss.get(reverse("admin:core_service_history", args=[service.pk])).content.decode()
    assert "<del>Shop</del> → <ins>The shop</ins>" in page


def test_the_log_is_found_by_person_action_and_date(boss: Client) -> None:
    category_add(boss)
    service_create(slug="shop")
    url = reverse("admin:core_auditentry_changelist")
    found = boss.get(url, {"actor": "boss", "action": "added", "since": "1h"}).content.decode()
    assert "news" in found
    assert "shop" not in found
    assert "news" not in boss.get(url, {"until": "1h"}).content.decode()
