"""Two services, and what the first has."""

from typing import Any
from uuid import UUID

import pytest
from celery import current_app
from rest_framework.test import APIClient

from channels.inbox.services import store
from notifications.attachments.store import attachment_add
from notifications.campaigns.models import Arm, Campaign, Run
from notifications.counters import table as counters
from notifications.counters.cells import CREATED, Cell
from notifications.segments.models import Segment, SegmentUpload
from notifications.status_events import services as status_services
from notifications.status_events.services import EndpointFields
from notifyproj.core.api.keys import service_create
from notifyproj.core.clock import now
from notifyproj.core.models import Service
from preferences.models import NotificationType, Recipient
from templates.models import TemplateVersion
from tests.api.notifications.conftest import make_shop, order
from tests.channels.inbox.written import a_write
from tests.guards.clients import client_of

PRO = {"attribute": "plan", "is": "pro"}


@pytest.fixture
def first(db: None, monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setattr(current_app, "send_task", lambda *_, **__: None)
    return make_shop().service


@pytest.fixture
def other(first: Service) -> APIClient:
    return client_of(service_create(slug="second"))


@pytest.fixture
def things(first: Service) -> dict[str, list[Any]]:
    """The first service's, one of each kind, by the beginning of the routes that lead there."""
    type_ = NotificationType.objects.create(slug="news", name="News", channels=["push"])
    segment = Segment.objects.create(
        slug="secret-plan", name="Secret plan", rules=PRO, service=first
    )
    upload = SegmentUpload.objects.create(
        segment=segment, mode="add", state="done", by="secret", started_at=now(), seen_at=now()
    )
    campaign = Campaign.objects.create(name="Secret sale", service=first, type=type_)
    fields = EndpointFields(url="https://hooks.example.com/secret")
    endpoint, _ = status_services.endpoint_create(service_id=first.pk, fields=fields)
    file = attachment_add(
        service_id=first.pk,
        name="secret.pdf",
        content_type="application/pdf",
        content=b"%PDF",
        now=now(),
    )
    sent = client_of(first).post(
        "/api/v1/notifications",
        order(metadata={"note": "secret"}),
        format="json",
        HTTP_IDEMPOTENCY_KEY="one",
    )
    person = Recipient.objects.get(external_id="user-123")
    item = a_write(person.pk, "Secret", service_id=first.pk)
    store([item])
    return {
        "segments": [segment.slug, upload.pk],
        "campaigns": [campaign.pk],
        "status-endpoints": [endpoint.pk],
        "attachments": [file.id],
        "notifications": [sent.json()["id"]],
        "inbox": [item.delivery_id],
    }


@pytest.fixture
def arm(things: dict[str, list[Any]]) -> Arm:
    campaign = Campaign.objects.get(pk=things["campaigns"][0])
    version = TemplateVersion.objects.earliest("id")
    run = Run.objects.create(
        campaign=campaign, number=1, stage=1, seed=1, lane=1, began_at=now(), paced_since=now()
    )
    variant = campaign.variants.create(name="A", version=version)
    made = Arm.objects.create(
        run=run, variant=variant, notification_id=UUID(int=7), low=0, high=10_000
    )
    hour = int(now().timestamp()) // 3600
    counters.insert(
        {
            Cell(
                hour=hour,
                arm_id=made.pk,
                type_id=campaign.type_id,
                channel="push",
                account_id=0,
                measure=CREATED,
            ): 3
        }
    )
    return made
