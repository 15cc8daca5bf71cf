"""Nothing anywhere says any more who it was."""

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
from notifications.status_events.services import Wish
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
    ben = shop.person("ben", token="b" * 64)
    wish = Wish(url="https://hooks.example.com/x")
    status_services.endpoint_create(service_id=shop.service.pk, wish=wish)
    forget_all()
    file = attachment_add(
        service_id=shop.service.pk,
        name=f"invoice {NAME}.pdf",
        content_type="application/pdf",
        content=CODE.encode(),
        now=now(),
    )
    tell(shop, idempotency_key=f"welcome-{ID}", collapse_key=f"cart-{ID}")
    tell(shop, attachments=[str(file.id)], channels=["email"])
    written()
    provider.always = Answer()  # of what went to others, too, it quotes nobody
    both = {"user_id": None, "user_ids": [ID, "ben"], "channels": ["push"]}
    about = {"variables": {"name": NAME, "code": "1"}, "metadata": {"by": [ID, NAME]}}
    shared = tell(shop, **both, **about)
    written()
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
    proof = Proof("api", now(), evidence={"email": EMAIL, "name": NAME})
    choice_set(recipient_id=maria.pk, channel="email", enabled=False, proof=proof)
    operator = User.objects.create_superuser("op")
    client = Client()
    client.force_login(operator)
    parked(f"From=%2B{PHONE[1:]}&Body=stop")
    others = parked("From=%2B15550001111")
    alerts.alert_raise(key="urgent", title="An urgent message failed", detail=f"550 {EMAIL}")
    Received.objects.create(
        account="sms",
        provider="twilio",
        answer=200,
        accepted=True,
        recipient=PHONE,
        raw=NAME + CODE,
    )
    assert len({table for table, _ in mentions()}) > 10, "there is something to erase"

    page = reverse("admin:preferences_recipient_changelist")
    client.post(page, {"action": "erase", "_selected_action": [str(maria.pk)]})
    time_passes()

    assert mentions() == []
    assert not Attachment.objects.filter(pk=file.id).exists()
    assert list(InboundCallback.objects.values_list("pk", flat=True)) == [others.pk]
    of_both = Notification.objects.get(pk=shared)
    assert of_both.recipient_ids == [maria.pk, ben.pk]
    conserved()
