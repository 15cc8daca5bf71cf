"""What becomes of deliveries is told to the service that sent them, and to nobody else."""

import json
from datetime import timedelta

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from channels.base import EventKind
from notifications.links import events as seen
from notifications.links.events import Seen
from notifications.models import Delivery
from notifications.services.cancel import cancel
from notifications.status_events import outbox
from notifications.status_events.event_types import Name
from notifications.status_events.models import StatusEvent
from notifications.status_events.outbox import Happened, subscriptions
from notifications.statuses import ProviderOutcome, State
from notifyproj.core.clock import now
from notifyproj.core.models import Service
from preferences.models import NotificationType
from tests.flows.conftest import Published, settle
from tests.flows.status_events.conftest import Listen, beat, events, told, verified
from tests.flows.steps import go_on, only_delivery, recorded, send
from tests.providers import Answer, StandIn
from tests.world import World, forget_all


def test_a_sent_delivery_is_told_with_a_signature_that_its_receiver_can_check(
    world: World, listen: Listen, receiver: StandIn
) -> None:
    _, secret = listen()
    world.person("ada", token="a" * 64)
    send(world, user_id="ada", metadata={"order": 7})
    recorded()
    settle(lambda: StatusEvent.objects.exists())

    beat()

    [request] = receiver.requests
    delivery = only_delivery()
    body = verified(request, secret)
    assert body["type"] == "delivery.sent"
    assert body["data"] == {
        "delivery_id": str(delivery.pk),
        "notification_id": str(delivery.notification_id),
        "type": "order",
        "channel": "push",
        "user_id": "ada",
        "attempts": 1,
        "reason": "",
        "reason_text": "",
        "metadata": {"order": 7},
    }
    assert request["headers"]["webhook-id"] == str(StatusEvent.objects.get().pk)
    assert StatusEvent.objects.get().state == StatusEvent.State.SENT


def test_an_event_holds_neither_address_nor_variable(
    world: World, listen: Listen, receiver: StandIn
) -> None:
    listen()
    world.person("ada", token="a" * 64)
    send(world, user_id="ada", variables={"order_id": "SECRET-1"})
    settle(lambda: StatusEvent.objects.exists())

    text = StatusEvent.objects.get().body
    assert "a" * 64 not in text
    assert "SECRET-1" not in text


def test_a_failed_delivery_is_told_with_its_reason(
    world: World, listen: Listen, provider: StandIn, receiver: StandIn
) -> None:
    listen()
    world.person("ada", token="a" * 64)
    provider.always = Answer(400, {"reason": "PayloadEmpty"})
    send(world, user_id="ada")
    settle(lambda: StatusEvent.objects.exists())

    beat()

    [body] = told(receiver)
    assert (body["type"], body["data"]["reason"]) == ("delivery.failed", "PayloadEmpty")


def test_a_skipped_delivery_is_told(world: World, listen: Listen, receiver: StandIn) -> None:
    listen()
    world.person("ada")
    send(world, user_id="ada")

    beat()

    [body] = told(receiver)
    assert (body["type"], body["data"]["reason"]) == ("delivery.skipped", "no_contact_point")
    assert body["data"]["user_id"] == "ada"


def test_a_cancelled_delivery_is_told(
    world: World, listen: Listen, receiver: StandIn, hints: list[Published]
) -> None:
    listen()
    world.person("ada", token="a" * 64)
    sent = send(world, user_id="ada").body
    assert sent is not None
    cancel(notification_id=sent.id, service_id=world.service.pk)

    beat()

    assert events(receiver) == ["delivery.cancelled"]


def test_an_expired_delivery_is_told(
    world: World, listen: Listen, receiver: StandIn, hints: list[Published]
) -> None:
    listen()
    world.person("ada", token="a" * 64)
    send(world, user_id="ada")
    Delivery.objects.update(expires_at=now() - timedelta(seconds=1))
    go_on()

    beat()

    assert events(receiver) == ["delivery.expired"]


def test_only_what_was_asked_for_is_told(world: World, listen: Listen) -> None:
    NotificationType.objects.create(slug="promo", name="Promotions", channels=["push"])
    forget_all()
    listen(events=["delivery.failed"])
    listen(types=["promo"])
    wanted, _ = listen(events=["delivery.skipped"], types=["order"])
    world.person("ada")
    send(world, user_id="ada")

    assert [row.endpoint_id for row in StatusEvent.objects.all()] == [wanted.pk]


def test_a_service_hears_of_its_own_deliveries_only(
    world: World, listen: Listen, receiver: StandIn
) -> None:
    other = Service.objects.create(slug="other", name="Other")
    mine, _ = listen()
    listen(service=other.pk)
    world.person("ada")
    send(world, user_id="ada")

    assert [row.endpoint_id for row in StatusEvent.objects.all()] == [mine.pk]


def test_what_the_person_has_at_once_was_sent_and_delivered(
    world: World, listen: Listen, hints: list[Published]
) -> None:
    listen()
    world.person("ada", token="a" * 64)
    send(world, user_id="ada")
    id_ = str(only_delivery().pk)

    outbox.enqueue_settled([(id_, world.type.pk, State.SENT, ProviderOutcome.DELIVERED)])

    assert set(StatusEvent.objects.values_list("event", flat=True)) == {
        "delivery.sent",
        "delivery.delivered",
    }


def test_what_is_rolled_back_is_not_told(
    world: World, listen: Listen, hints: list[Published]
) -> None:
    listen()
    world.person("ada", token="a" * 64)
    send(world, user_id="ada")

    with transaction.atomic():
        outbox.enqueue([Happened(Name.OPENED, str(only_delivery().pk), is_bot=True)])
        assert StatusEvent.objects.get().body.endswith('"is_bot":true,"machine":true}}')
        transaction.set_rollback(True)

    assert not StatusEvent.objects.exists()


def test_while_nobody_listens_telling_costs_no_query(world: World) -> None:
    subscriptions.get()

    with CaptureQueriesContext(connection) as queries:
        outbox.enqueue(iter([Happened(Name.SENT, "01a201d5-fa3f-7523-a744-eb6e91518456", 1)]))

    assert len(queries) == 0


def test_telling_of_many_costs_three_queries(
    world: World, listen: Listen, hints: list[Published]
) -> None:
    listen()
    for n in range(3):
        world.person(f"p{n}", token=f"{n}" * 64)
    send(world, user_ids=["p0", "p1", "p2"])
    rows = [(str(d.pk), d.type_id, State.SENT, 0) for d in Delivery.objects.all()]
    subscriptions.get()

    with CaptureQueriesContext(connection) as queries:
        outbox.enqueue_settled(rows)

    assert len(queries) == 3
    assert StatusEvent.objects.count() == 3


def test_a_click_is_told_once_and_a_scanners_apart(
    world: World, listen: Listen, hints: list[Published]
) -> None:
    listen(events=["delivery.clicked"])
    world.person("ada", token="a" * 64)
    send(world, user_id="ada")
    id_ = str(only_delivery().pk)
    click = Seen(id_, EventKind.CLICKED, now(), url="https://shop.example.com/")

    seen.write([click])
    seen.write([click])
    seen.write([click._replace(bot="scanner")])

    bodies = [json.loads(row.body)["data"] for row in StatusEvent.objects.order_by("id")]
    assert [body.get(name) for body in bodies for name in ("is_bot", "machine")] == [
        *(None, None),
        *(True, True),
    ]
