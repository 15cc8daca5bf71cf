"""A message that was sent to Ada, and what its links look like."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from django.test import Client

from notifications.links import buffer
from notifications.links import our_urls as ours
from notifications.models import Delivery
from notifications.statuses import ProviderOutcome, State
from notifyproj.core.clock import milliseconds, now
from notifyproj.core.ids import uuid7
from preferences.addresses.addresses import new_data_key
from preferences.models import ContactPoint, NotificationType, Recipient
from tests.world import contact_point, forget_all

SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Safari/605.1.15"
)


class Sent(NamedTuple):
    delivery: Delivery
    type: NotificationType
    ada: Recipient
    point: ContactPoint
    at: datetime

    def unsubscribe_path(self) -> str:
        id_ = str(self.delivery.pk)
        return path(ours.unsubscribe_url(id_, self.ada.pk, self.type.pk, self.point.pk, "email"))

    def click_path(self, url: str) -> str:
        return path(ours.click_url(str(self.delivery.pk), self.at, url))

    def open_path(self) -> str:
        return path(ours.open_url(str(self.delivery.pk), self.at))

    def outcome(self) -> ProviderOutcome:
        return ProviderOutcome(Delivery.objects.get().outcome)


def path(url: str) -> str:
    return url.removeprefix(ours.base())


@pytest.fixture
def sent(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sent]:
    """Ten minutes ago. What is counted waits until the test writes it, by `flush`."""
    forget_all()
    buffer.writer.cache_clear()
    monkeypatch.setattr(buffer.writer(), "_start", lambda: None)
    at = now() - timedelta(minutes=10)
    type_ = NotificationType.objects.create(slug="news", name="Weekly offers", channels=["email"])
    ada = Recipient.objects.create(external_id="ada", data_key=new_data_key("ada"))
    point = contact_point(ada, "email", "ada@example.org")
    delivery = Delivery.objects.create(
        id=uuid7(milliseconds(at)),
        notification_id=uuid7(milliseconds(at)),
        recipient_id=ada.pk,
        contact_point_id=point.pk,
        channel="email",
        type_id=type_.pk,
        template_version_id=1,
        lane=1,
        state=State.SENT,
        outcome=ProviderOutcome.DELIVERED,
        expires_at=at + timedelta(days=1),
        settled_at=at,
    )
    yield Sent(delivery=delivery, type=type_, ada=ada, point=point, at=at)
    buffer.writer.cache_clear()
    forget_all()


@pytest.fixture
def browser() -> Client:
    """A person's, without a cookie; it sends no CSRF token either."""
    return Client(enforce_csrf_checks=True, headers={"user-agent": SAFARI})
