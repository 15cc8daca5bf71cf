"""Status endpoints and events in the admin."""

import base64
import re

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from notifications.status_events import secrets, services
from notifications.status_events.models import StatusEndpoint, StatusEvent
from notifications.status_events.secrets import unseal
from notifications.status_events.services import EndpointFields
from notifyproj.core import encryption
from notifyproj.core.api.keys import service_create
from notifyproj.core.clock import now

pytestmark = pytest.mark.django_db
URL = "https://shop.example.com/hooks"
LIST = "admin:status_events_statusendpoint_changelist"


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator"))
    return client


@pytest.fixture
def endpoint() -> StatusEndpoint:
    return services.endpoint_create(
        service_id=service_create(slug="shop").pk, fields=EndpointFields(URL)
    )[0]


def test_a_new_endpoint_shows_its_secret_once(operator: Client) -> None:
    service = service_create(slug="shop")
    form = {"service": service.pk, "url": URL, "events": ["delivery.failed"], "enabled": "on"}
    add = reverse("admin:status_events_statusendpoint_add")

    page = operator.post(add, form, follow=True).content.decode()

    row = StatusEndpoint.objects.get()
    assert row.events == ["delivery.failed"]
    [secret] = set(re.findall(r"whsec_[\w+/=]+", page))
    assert [one.secret for one in unseal(row.pk, bytes(row.secrets))] == [secret]
    url = reverse("admin:status_events_statusendpoint_change", args=[row.pk])
    assert "whsec_" not in operator.get(url).content.decode()


def test_an_address_inside_our_network_is_refused_at_the_form(operator: Client) -> None:
    service = service_create(slug="shop")
    form = {"service": service.pk, "url": "https://10.0.0.1/", "enabled": "on"}
    page = operator.post(reverse("admin:status_events_statusendpoint_add"), form).content.decode()
    assert "The host must be a public name." in page
    assert not StatusEndpoint.objects.exists()


def test_disabling_an_endpoint_in_its_form_keeps_its_secret(
    operator: Client, endpoint: StatusEndpoint
) -> None:
    url = reverse("admin:status_events_statusendpoint_change", args=[endpoint.pk])
    operator.post(url, {"url": URL})
    after = StatusEndpoint.objects.get()
    assert after.enabled is False
    assert bytes(after.secrets) == bytes(endpoint.secrets)


@pytest.mark.parametrize("action", ["resume", "send_test", "replay_day", "rotate_secret"])
def test_an_action_says_what_it_did(
    operator: Client, endpoint: StatusEndpoint, action: str
) -> None:
    form = {"action": action, "_selected_action": [str(endpoint.pk)]}
    page = operator.post(reverse(LIST), form, follow=True)
    assert len(list(page.context["messages"])) == 1


def test_an_event_shows_its_body_and_can_be_sent_again(
    operator: Client, endpoint: StatusEndpoint
) -> None:
    services.event_test(endpoint=endpoint, now=now())
    StatusEvent.objects.update(due_at=None, state=StatusEvent.State.SENT)
    row = StatusEvent.objects.get()
    url = reverse("admin:status_events_statusevent_change", args=[row.pk])
    assert "endpoint.test" in operator.get(url).content.decode()

    form = {"action": "send_again", "_selected_action": [str(row.pk)]}
    operator.post(reverse("admin:status_events_statusevent_changelist"), form)

    assert StatusEvent.objects.get().state == StatusEvent.State.WAITING


def test_a_new_key_of_the_ring_takes_over_the_secrets(
    endpoint: StatusEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = unseal(endpoint.pk, bytes(endpoint.secrets))
    both = encryption.KeyRing({9: encryption.new_key(), 1: ring_key()})
    monkeypatch.setattr(encryption, "ring", lambda: both)
    failed: list[str] = []

    secrets.rewrap_all(failed)

    after = bytes(StatusEndpoint.objects.get().secrets)
    assert both.is_current(after)
    assert unseal(endpoint.pk, after) == before
    assert failed == []


def ring_key() -> bytes:
    return base64.b64decode(settings.FIELD_ENCRYPTION_KEYS.partition(":")[2])
