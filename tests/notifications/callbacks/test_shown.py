"""What was said later shows where people look."""

import json
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.test import Client

from notifications.callbacks.fold.process import fold_due
from notifications.history import deliveries as selectors
from notifications.models import Delivery, InboundCallback
from notifications.record import candidates, dead_addresses
from notifications.record.candidates import Candidate
from notifyproj.core.clock import now
from tests.notifications.callbacks.conftest import Sms, message_from, post, status_of


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

    assert "Delivered" in page
    assert "The carrier gave no reason" in page


def test_a_wish_in_own_words_is_shown_for_review(sms: Sms, admin_client: Client) -> None:
    post(*message_from(sms, "Please stop texting me"))
    fold_due()
    dead_addresses.fold(now() + timedelta(minutes=1))

    page = admin_client.get("/admin/preferences/consentevent/?review=yes").content.decode()

    assert "Please stop texting me" in page


def test_what_nobody_could_read_is_read_again_on_request(sms: Sms, admin_client: Client) -> None:
    sms.delivery()
    post(*status_of(sms, "delivered"))
    InboundCallback.objects.update(due_at=None)
    row = InboundCallback.objects.get()
    page = "/admin/notifications/inboundcallback/"
    assert b"15558675310" not in admin_client.get(f"{page}{row.pk}/change/").content

    admin_client.post(page, {"action": "read_again", "_selected_action": [row.pk]})
    InboundCallback.objects.exclude(due_at=None).update(
        due_at=row.received_at - timedelta(minutes=1)
    )
    fold_due()

    assert Delivery.objects.get().outcome == 40


def test_spared_addresses_are_listed(sms: Sms, admin_client: Client) -> None:
    since = sms.point.registered_at
    candidates.note(
        [
            Candidate(
                account_id=sms.account.pk,
                contact_point_id=sms.point.pk,
                channel="sms",
                reason="Not in use",
                dead_since=since,
            )
        ]
    )

    page = admin_client.get("/admin/notifications/deadcandidate/").content.decode()

    assert "Not in use" in page
    assert "twilio-1" in page


def test_nothing_of_a_callback_is_logged(sms: Sms, caplog: object) -> None:
    folded(sms)
    text = json.dumps([record.getMessage() for record in caplog.records])  # type: ignore[attr-defined]
    assert "15558675310" not in text
