"""A person's page in the admin: what they were sent and why, what waits, what they agreed to."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bench.broadcast import broadcast
from notifications.accept.fanout import resolve_chunks
from notifications.digests.models import Digest
from notifyproj.core.clock import now
from preferences.consent.choices import Proof, choice_set
from preferences.models import QuietHours, Recipient, Suppression
from preferences.recipients.services import recipient_erase
from tests.flows.steps import send
from tests.world import World, make_world


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("notifications.dispatch.dispatch.publish", lambda rows: True)
    made = make_world("http://127.0.0.1:9")
    made.person("ada", token="a" * 64)
    return made


@pytest.fixture
def operator(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator"))
    return client


def tables(client: Client) -> dict[str, list[str]]:
    """The lines of each table of ada's page."""
    person = Recipient.objects.get(external_id="ada")
    answer = client.get(reverse("admin:preferences_recipient_change", args=[person.pk]))
    assert answer.status_code == 200
    found: Any = answer.context["tables"]
    return {table.title: [" ".join(map(str, row)) for row in table.rows] for table in found}


def test_the_last_messages_say_what_became_of_them_and_why(world: World, operator: Client) -> None:
    point = world.people[0].contact_points.get()
    Suppression.objects.create(channel="push", address_hash=point.address_hash, reason="bounce")
    send(world, user_id="ada")

    found = tables(operator)

    assert "order" in found["Recent messages"][0]
    assert "skipped The address is suppressed" in found["Recent messages"][0]
    assert found["Waiting"] == []
    assert "push …aaaa bounce" in found["Suppressed addresses"][0]


def test_what_waits_says_until_when(world: World, operator: Client) -> None:
    start, end = (now() - timedelta(hours=1)).time(), (now() + timedelta(hours=2)).time()
    QuietHours.objects.create(recipient=world.people[0], start=start, end=end)
    later = now() + timedelta(days=1)
    send(world, user_id="ada")
    send(world, user_id="ada", scheduled_at=later.isoformat())
    Digest.objects.create(
        service_id=1,
        recipient_id=world.people[0].pk,
        type_id=world.type.pk,
        opened_at=now(),
        closes_at=later,
        count=3,
        lane=1,
        template_version_id=1,
    )

    waiting = "\n".join(tables(operator)["Waiting"])

    assert f"scheduled For {later:%d %b %Y %H:%M} UTC" in waiting
    assert f"3 collected, sent at {later:%d %b %Y %H:%M} UTC at the latest" in waiting
    assert "waiting Waiting for the person" in waiting


def test_a_broadcast_is_found_as_well(world: World, operator: Client) -> None:
    id_ = broadcast(
        service_id=world.service.pk,
        type_slug="order",
        template_id="order",
        variables={"order_id": "1"},
        priority="normal",
        now=now(),
    )
    resolve_chunks(id_, 1)

    assert len(tables(operator)["Recent messages"]) == 1


def test_what_went_to_an_address_that_was_removed_since_is_shown(
    world: World, operator: Client
) -> None:
    send(world, user_id="ada")
    world.people[0].contact_points.all().delete()

    assert "order" in tables(operator)["Recent messages"][0]


def test_the_record_of_consent_is_shown(world: World, operator: Client) -> None:
    proof = Proof("page", now(), {"page": "preferences"})
    choice_set(recipient_id=world.people[0].pk, channel="push", enabled=False, proof=proof)

    found = tables(operator)

    assert "withdrawn everything by push page" in found["Consent log"][0]
    assert found["Effective preferences"] == [
        "order push no The person unsubscribed from this channel"
    ]


def test_more_messages_cost_no_more_queries(world: World, operator: Client) -> None:
    send(world, user_id="ada")
    tables(operator)
    with CaptureQueriesContext(connection) as one:
        tables(operator)
    for _ in range(5):
        send(world, user_id="ada")
    with CaptureQueriesContext(connection) as six:
        tables(operator)

    assert len(six) == len(one)


def test_who_may_not_see_the_log_sees_no_messages(world: World) -> None:
    send(world, user_id="ada")
    user = User.objects.create_user("clerk", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_recipient"))
    client = Client()
    client.force_login(user)

    assert "Recent messages" not in tables(client)


def test_an_erased_person_can_be_looked_at_and_not_changed(world: World, operator: Client) -> None:
    recipient_erase(external_id="ada")
    person = Recipient.objects.get()
    url = reverse("admin:preferences_recipient_change", args=[person.pk])

    assert operator.get(url).status_code == 200
    assert operator.post(url, {"timezone": "Europe/Vienna"}).status_code == 403
