"""The log in the admin: it opens, costs no query a row, and cancels with a word in the audit."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from notifications.models import Delivery, Notification
from notifications.statuses import State
from preferences.models import Preference
from tests.flows.steps import send
from tests.world import World, make_world

LIST = "admin:notifications_notification_changelist"


@pytest.fixture
def operator(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator"))
    return client


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("notifications.dispatch.dispatch.publish", lambda rows: True)
    made = make_world("http://127.0.0.1:9")
    made.person("ada", token="a" * 64)
    return made


def test_a_notification_shows_what_became_of_each_delivery(world: World, operator: Client) -> None:
    sent = send(world, user_id="ada").body
    assert sent is not None
    url = reverse("admin:notifications_notification_change", args=[sent.id])

    page = operator.get(url).content.decode()

    assert "waiting" in page
    assert "ada" in page


def test_a_delivery_says_why_it_was_not_sent(world: World, operator: Client) -> None:
    ada = world.people[0]
    Preference.objects.create(recipient=ada, type=world.type, enabled=False)
    send(world, user_id="ada")
    url = reverse("admin:notifications_delivery_change", args=[Delivery.objects.get().pk])

    assert "The person opted out of this type on this channel." in (
        operator.get(url).content.decode()
    )


def test_a_longer_list_costs_no_more_queries(world: World, operator: Client) -> None:
    send(world, user_id="ada")
    operator.get(reverse(LIST))
    with CaptureQueriesContext(connection) as one:
        operator.get(reverse(LIST))
    for _ in range(5):
        send(world, user_id="ada")
    with CaptureQueriesContext(connection) as six:
        operator.get(reverse(LIST))

    assert len(six) == len(one)


def test_cancelling_in_the_admin_is_in_the_audit_log(world: World, operator: Client) -> None:
    send(world, user_id="ada", scheduled_at=None)
    form = {"action": "cancel_selected", "_selected_action": [str(Notification.objects.get().pk)]}

    operator.post(reverse(LIST), form)

    assert Delivery.objects.get().state == State.CANCELLED
    assert LogEntry.objects.get().change_message == "Cancelled."
    assert Notification.objects.get().cancelled_at is not None
