"""What people did and got, as rules ask for it: from the links and the log to the tables."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from channels.base import EventKind
from notifications.links.events import Seen, write
from notifications.models import Delivery
from notifications.partitions import ensure_partitions
from notifications.segments.erasure import forget_activity
from notifications.segments.models import Reaction, ReadDay, Received
from notifications.segments.people import audience, received
from notifications.segments.people.audience import where_of
from notifications.segments.people.count import count
from notifications.segments.people.received import read_log
from notifications.segments.rules.parse import ACTIVITY_DAYS, read
from notifications.statuses import ProviderOutcome, State
from notifyproj.core.clock import milliseconds, now
from notifyproj.core.extension_point import ExtensionPoint
from notifyproj.core.ids import uuid7
from preferences.facts.types import catalogue
from preferences.models import NotificationType, Recipient

pytestmark = pytest.mark.django_db

URL = "https://shop.example/offers"


@pytest.fixture
def ada(db: Any) -> Recipient:
    return Recipient.objects.create(external_id="ada")


@pytest.fixture
def offers(db: Any) -> NotificationType:
    catalogue.forget()
    return NotificationType.objects.create(slug="offers", name="Offers", channels=["email"])


def sent(person: Recipient, type_: NotificationType, **fields: Any) -> Delivery:
    at: datetime = fields.pop("at", now())
    ensure_partitions(at.date())
    base: dict[str, Any] = {
        "notification_id": uuid7(milliseconds(at)),
        "recipient_id": person.pk,
        "channel": "email",
        "type_id": type_.pk,
        "template_version_id": 1,
        "lane": 1,
        "state": State.SENT,
        "outcome": ProviderOutcome.SENT,
        "expires_at": at,
        "settled_at": at,
    }
    return Delivery.objects.create(id=uuid7(milliseconds(at)), **(base | fields))


def how_many(rules: dict[str, Any]) -> int:
    return count(where_of(read(rules), 0)).n


def see(delivery: Delivery, kind: EventKind, **said: Any) -> None:
    write([Seen(str(delivery.pk), kind, said.pop("at", now()), **said)])


def read_again() -> int:
    """As some minutes later, something having been written meanwhile."""
    ReadDay.objects.update(changes=-1, started_at=now() - received.EVERY)
    return read_log()


def test_an_open_and_clicks_are_counted_by_day_and_type(
    ada: Recipient, offers: NotificationType
) -> None:
    one, other = sent(ada, offers), sent(ada, offers, arm_id=5)
    for delivery in (one, one, other):
        see(delivery, EventKind.OPENED)
        see(delivery, EventKind.CLICKED, url=URL)
    see(one, EventKind.CLICKED, url=URL + "/2")
    today = now().date()
    columns = ("recipient_id", "type_id", "day", "kind", "arm_id", "n")
    assert sorted(Reaction.objects.values_list(*columns)) == [
        (ada.pk, offers.pk, today, 1, 0, 1),
        (ada.pk, offers.pk, today, 1, 5, 1),
        (ada.pk, offers.pk, today, 2, 0, 2),
        (ada.pk, offers.pk, today, 2, 5, 1),
    ]


def test_what_a_bot_opened_is_not_the_persons(ada: Recipient, offers: NotificationType) -> None:
    see(sent(ada, offers), EventKind.OPENED, bot="scanner")
    assert not Reaction.objects.exists()


def test_rules_ask_for_type_and_number(ada: Recipient, offers: NotificationType) -> None:
    for _ in range(2):
        see(sent(ada, offers), EventKind.OPENED)
    NotificationType.objects.create(slug="news", name="News", channels=["email"])
    catalogue.forget()
    assert how_many({"activity": "opened", "type": "offers", "at_least": 2}) == 1
    assert how_many({"activity": "opened", "type": "offers", "at_least": 3}) == 0
    assert how_many({"activity": "opened", "type": "news"}) == 0
    assert how_many({"activity": "clicked"}) == 0


def test_rules_ask_for_a_campaign_by_its_arms(
    ada: Recipient, offers: NotificationType, monkeypatch: pytest.MonkeyPatch
) -> None:
    point = ExtensionPoint[audience.ArmsOf]()
    point.register("test", lambda campaigns, _: {7: [5, 6]})
    monkeypatch.setattr(audience, "arms_of_campaigns", point)
    delivery = sent(ada, offers, arm_id=6)
    see(delivery, EventKind.OPENED)
    read_log()
    assert how_many({"activity": "opened", "campaign": 7}) == 1
    assert how_many({"activity": "received", "campaign": 7}) == 1
    assert how_many({"not": {"activity": "received", "campaign": 8}}) == 1


def test_what_was_sent_is_read_from_the_log_by_and_by(
    ada: Recipient, offers: NotificationType
) -> None:
    sent(ada, offers)
    assert how_many({"activity": "received"}) == 0
    read_log()
    assert how_many({"activity": "received", "type": "offers", "within_days": 0}) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"state": State.SKIPPED},
        {"state": State.WAITING, "settled_at": None},
        {"outcome": ProviderOutcome.BOUNCED},
        {"recipient_id": None},
    ],
)
def test_what_did_not_reach_anybody_was_not_received(
    ada: Recipient, offers: NotificationType, fields: dict[str, Any]
) -> None:
    sent(ada, offers, **fields)
    read_log()
    assert not Received.objects.exists()


def test_what_waited_is_found_when_its_day_is_read_again(
    ada: Recipient, offers: NotificationType
) -> None:
    waiting = sent(ada, offers, state=State.WAITING, settled_at=None)
    read_log()
    Delivery.objects.filter(pk=waiting.pk).update(state=State.SENT, settled_at=now())
    assert read_log() == 0
    assert read_again() > 0
    assert how_many({"activity": "received"}) == 1


def test_a_day_that_does_not_change_is_read_once(ada: Recipient, offers: NotificationType) -> None:
    sent(ada, offers)
    assert read_log() > 0
    for row in ReadDay.objects.all():
        row.started_at -= received.EVERY
        row.changes = received._size(row.day)[1]
        row.save()
    assert read_log() == 0


def test_a_later_day_takes_the_place_of_an_earlier_one(
    ada: Recipient, offers: NotificationType
) -> None:
    yesterday = now() - timedelta(days=1)
    sent(ada, offers)
    sent(ada, offers, at=yesterday)
    read_log()
    sent(ada, offers, at=yesterday)
    read_again()
    assert Received.objects.get().last_on == now().date()


def test_the_log_is_read_in_stretches_and_each_row_once(
    ada: Recipient, offers: NotificationType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped after each stretch, as a killed worker would be."""
    monkeypatch.setattr(received, "BLOCKS", 1)
    people = Recipient.objects.bulk_create(Recipient(external_id=f"p{n}") for n in range(120))
    for person in people:
        sent(person, offers)
    today = now().date()
    stretches = 0
    while received._read_on(today):
        stretches += 1
    assert stretches > 2
    assert Received.objects.count() == 120


def test_what_is_older_than_can_be_asked_for_is_forgotten(
    ada: Recipient, offers: NotificationType
) -> None:
    old: date = now().date() - timedelta(days=ACTIVITY_DAYS + 2)
    for day in (old, now().date()):
        Reaction.objects.create(recipient_id=ada.pk, kind=1, day=day, type_id=offers.pk, n=1)
    Received.objects.create(recipient_id=ada.pk, type_id=offers.pk, last_on=old)
    assert forget_activity(now()) == 2
    assert (Reaction.objects.get().day, Received.objects.count()) == (now().date(), 0)
