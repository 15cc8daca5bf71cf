"""Nothing anywhere says any more who it was."""

from uuid import UUID

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from channels.sandbox.models import Received
from notifications.attachments.store import attachment_add
from notifications.models import (
    Attachment,
    Delivery,
    Event,
    InboundCallback,
    Notification,
)
from notifications.status_events import services as status_services
from notifications.status_events.services import EndpointFields
from notifyproj.core.alerts import alerts
from notifyproj.core.clock import now
from preferences.consent.choices import Proof, choice_set
from preferences.models import Recipient
from tests.flows.erasure.conftest import (
    CODE,
    EMAIL,
    ID,
    NAME,
    PHONE,
    mentions,
    parked,
    tell,
    time_passes,
    written,
)
from tests.flows.steps import conserved
from tests.providers import Answer, StandIn
from tests.world import World, forget_all


def test_nothing_says_any_more_who_it_was(shop: World, maria: Recipient, provider: StandIn) -> None:
    told_by_everybody(shop, provider)
    clicked(maria)
    chosen(maria)
    quoted_elsewhere()
    assert len({table for table, _ in mentions()}) > 10, "there is something to erase"

    erased_in_the_admin(maria)

    assert mentions() == []
    conserved()


def test_a_file_for_somebody_goes_with_them(shop: World, maria: Recipient) -> None:
    file = told_with_a_file(shop)
    written()

    erased_in_the_admin(maria)

    assert not Attachment.objects.filter(pk=file).exists()


def test_a_callback_that_nobody_could_read_goes_if_it_names_them(maria: Recipient) -> None:
    parked(f"From=%2B{PHONE[1:]}&Body=stop")
    others = parked("From=%2B15550001111")

    erased_in_the_admin(maria)

    assert list(InboundCallback.objects.values_list("pk", flat=True)) == [others.pk]


def test_what_went_to_others_too_still_says_to_whom(shop: World, maria: Recipient) -> None:
    ben = shop.person("ben", token="b" * 64)
    shared = told_with_ben(shop)
    written()

    erased_in_the_admin(maria)

    assert Notification.objects.get(pk=shared).recipient_ids == [maria.pk, ben.pk]


def told_by_everybody(shop: World, provider: StandIn) -> None:
    """On every channel, with a file, together with another, and to an endpoint that listens."""
    shop.person("ben", token="b" * 64)
    fields = EndpointFields(url="https://hooks.example.com/x")
    status_services.endpoint_create(service_id=shop.service.pk, fields=fields)
    forget_all()
    tell(shop, idempotency_key=f"welcome-{ID}", collapse_key=f"cart-{ID}")
    told_with_a_file(shop)
    written()
    provider.always = Answer()  # of what went to others, too, it quotes nobody
    told_with_ben(shop)
    written()


def told_with_a_file(shop: World) -> UUID:
    file = attachment_add(
        service_id=shop.service.pk,
        name=f"invoice {NAME}.pdf",
        content_type="application/pdf",
        content=CODE.encode(),
        now=now(),
    )
    tell(shop, attachments=[str(file.id)], channels=["email"])
    return file.id


def told_with_ben(shop: World) -> str:
    both = {"user_id": None, "user_ids": [ID, "ben"], "channels": ["push"]}
    about = {"variables": {"name": NAME, "code": "1"}, "metadata": {"by": [ID, NAME]}}
    return tell(shop, **both, **about)


def clicked(maria: Recipient) -> None:
    first = Delivery.objects.filter(recipient_id=maria.pk, channel="email").earliest("pk")
    Event.objects.create(
        delivery_id=first.pk,
        key=b"k" * 16,
        kind="clicked",
        at=now(),
        received_at=now(),
        reason=f"550 <{EMAIL}>",
        provider_id=f"id-of-{NAME}",
        detail=f"https://shop.example/?user={ID}",
    )


def chosen(maria: Recipient) -> None:
    proof = Proof("api", now(), evidence={"email": EMAIL, "name": NAME})
    choice_set(recipient_id=maria.pk, channel="email", enabled=False, proof=proof)


def quoted_elsewhere() -> None:
    """Where nobody looks for people."""
    parked(f"From=%2B{PHONE[1:]}&Body=stop")
    alerts.alert_raise(key="urgent", title="An urgent message failed", detail=f"550 {EMAIL}")
    Received.objects.create(
        account="sms",
        provider="twilio",
        answer=200,
        accepted=True,
        recipient=PHONE,
        raw=NAME + CODE,
    )


def erased_in_the_admin(maria: Recipient) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("op"))
    page = reverse("admin:preferences_recipient_changelist")
    client.post(page, {"action": "erase", "_selected_action": [str(maria.pk)]})
    time_passes()
