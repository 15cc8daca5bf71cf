"""What was said later shows where people look."""

import json

from django.contrib.auth import get_user_model
from django.test import Client

from notifications import selectors
from notifications.callbacks.fold import fold_due
from notifications.models import Delivery
from tests.callbacks.conftest import Sms, post, status_of


def folded(sms: Sms) -> None:
    sms.delivery()
    for status in ("sent", "delivered"):
        post(*status_of(sms, status))
    post(*status_of(sms, "undelivered", ErrorCode="30008"))
    fold_due()


def test_a_delivery_shows_its_events_in_their_order(sms: Sms) -> None:
    folded(sms)

    [view] = selectors.delivery_views([Delivery.objects.get()])

    assert [event.kind for event in view.events] == ["sent", "delivered", "bounced_soft"]
    assert (view.events[1].account, view.events[1].attempt) == ("twilio-1", 1)
    assert view.outcome == "bounced for now"
    words = [(entry.event, entry.detail) for entry in view.timeline]
    assert words[-1] == ("bounced for now", "The carrier gave no reason")


def test_the_admin_shows_them_on_the_timeline(sms: Sms) -> None:
    folded(sms)
    get_user_model().objects.create_superuser("root", password="x")
    client = Client()
    client.login(username="root", password="x")

    page = client.get(f"/admin/notifications/delivery/{sms.id}/change/").content.decode()

    assert "delivered" in page
    assert "The carrier gave no reason" in page


def test_nothing_of_a_callback_is_logged(sms: Sms, caplog: object) -> None:
    folded(sms)
    text = json.dumps([record.getMessage() for record in caplog.records])  # type: ignore[attr-defined]
    assert "15558675310" not in text
