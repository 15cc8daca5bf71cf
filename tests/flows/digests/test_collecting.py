from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from notifications.accept import fanout
from notifications.digests.item_content import load_readers
from notifications.digests.models import Digest
from notifications.models import Delivery, Notification
from notifications.services.cancel import cancel
from notifications.services.close_digests import close_due
from notifications.statuses import NotificationState, State
from notifications.variables import unseal
from notifyproj.core.clock import now
from preferences.facts.types import caps
from preferences.models import Cap, Preference, Recipient
from tests.flows.conftest import settle
from tests.flows.digests.steps import an_hour_passes, collected, said, tell
from tests.flows.steps import conserved, send, settled
from tests.world import World

HOUR = timedelta(hours=1)


def made() -> Notification:
    ids = Digest.objects.exclude(notification_id=None).values("notification_id")
    return Notification.objects.get(pk__in=ids)


def variables_of(person: Recipient) -> dict[str, Any]:
    row, key = made(), load_readers([person.pk])[person.pk].key
    return unseal(str(row.pk), bytes(row.variables), key)


def test_what_is_collected_is_skipped_for_now_and_says_why(news: World) -> None:
    tell(news, "A-1")

    row = Delivery.objects.get()
    assert (row.state, row.reason) == (State.SKIPPED, "in_digest")
    assert close_due() == 0
    assert said() == []
    conserved()


def test_after_its_time_all_of_it_is_one_message(news: World) -> None:
    tell(news, "A-1", "A-2", "A-3")
    an_hour_passes()

    assert close_due() == 1

    settled()
    assert said() == [("3 news, the last of A-3", "A-1 A-2 A-3")]
    assert close_due() == 0
    conserved()


def test_each_item_brings_its_variables_and_when_it_came(news: World) -> None:
    tell(news, "A-1", "A-2")
    an_hour_passes()
    close_due()

    variables = variables_of(news.people[0])
    assert [item["order_id"] for item in variables["items"]] == ["A-1", "A-2"]
    assert all(datetime.fromisoformat(item["at"]) <= now() for item in variables["items"])


def test_it_closes_when_it_is_full(news: World) -> None:
    collected(digest={"count": 3})

    tell(news, "A-1", "A-2")
    assert close_due() == 0
    tell(news, "A-3")
    assert close_due() == 1

    settled()
    assert said() == [("3 news, the last of A-3", "A-1 A-2 A-3")]


def test_values_of_the_named_variable_are_kept_apart(news: World) -> None:
    collected(digest={"by": "order_id", "seconds": 60})

    tell(news, "A-1", "B-1", "A-1")
    an_hour_passes()
    close_due()

    settled()
    assert sorted(said()) == [
        ("1 news, the last of B-1", "B-1"),
        ("2 news, the last of A-1", "A-1 A-1"),
    ]
    assert not Digest.objects.filter(key__contains="A-1").exists()


def test_the_next_item_opens_another_one(news: World) -> None:
    tell(news, "A-1")
    an_hour_passes()
    close_due()
    tell(news, "A-2")

    assert Digest.objects.filter(state=Digest.State.OPEN).count() == 1
    settled()
    assert said() == [("1 news, the last of A-1", "A-1")]


def test_security_news_is_never_collected(news: World) -> None:
    collected(mandatory=True, template="order")

    tell(news, "A-1", template_id="order")

    settled()
    assert said() == [("Order A-1", "It is on its way.")]
    assert not Digest.objects.exists()


def test_a_type_that_was_written_wrong_goes_one_by_one(news: World) -> None:
    collected(digest={"at": "soon"}, template="order")

    tell(news, "A-1", template_id="order")

    settled()
    assert said() == [("Order A-1", "It is on its way.")]


def test_who_wants_none_of_it_has_no_item(news: World) -> None:
    Preference.objects.create(recipient=news.people[0], type=news.type, enabled=False)

    tell(news, "A-1")

    assert Delivery.objects.get().reason == "opted_out"
    assert not Digest.objects.exists()


def test_who_unsubscribed_meanwhile_gets_nothing(news: World) -> None:
    tell(news, "A-1")
    Preference.objects.create(recipient=news.people[0], enabled=False)
    an_hour_passes()
    close_due()

    assert Delivery.objects.get(notification_id=made().pk).reason == "unsubscribed"
    assert said() == []
    conserved()


def test_what_was_cancelled_meanwhile_is_left_out(news: World) -> None:
    ids = tell(news, "A-1", "A-2")
    cancel(notification_id=ids[1], service_id=news.service.pk)
    an_hour_passes()
    close_due()

    settled()
    assert said() == [("1 news, the last of A-1", "A-1")]


def test_a_digest_of_nothing_but_what_was_cancelled_says_nothing(news: World) -> None:
    ids = tell(news, "A-1")
    cancel(notification_id=ids[0], service_id=news.service.pk)
    an_hour_passes()

    assert close_due() == 1
    assert Notification.objects.count() == 1


def test_services_do_not_share_what_they_said(news: World) -> None:
    tell(news, "A-1")
    other = type(news.service).objects.create(slug="bank", name="Bank")
    shop, news.service = news.service, other
    tell(news, "B-1")
    an_hour_passes()
    close_due()

    found = dict(Digest.objects.values_list("service_id", "count"))
    assert found == {shop.pk: 1, other.pk: 1}
    settled()
    assert len(said()) == 2


def test_a_large_audience_is_collected_by_the_chunk(
    news: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanout, "CHUNK", 20)
    names = [f"user-{n}" for n in range(55)]
    for name in names:
        news.person(name)
    for order in ("A-1", "A-2"):
        send(news, user_ids=names, channels=["inbox"], variables={"order_id": order})
    an_hour_passes()

    close_due()

    settled()
    assert said() == [("2 news, the last of A-2", "A-1 A-2")] * 55
    conserved()


def test_a_chunk_that_is_repeated_adds_nothing(news: World) -> None:
    names = ["ada", *(news.person(f"user-{n}").external_id for n in range(50))]
    answer = send(news, user_ids=names, channels=["inbox"])
    assert answer.body is not None
    again = {"state": NotificationState.ACCEPTED, "cursor": 0}

    Notification.objects.update(**again)
    fanout.resolve_chunks(answer.body.id, 1)
    assert set(Digest.objects.values_list("count", flat=True)) == {1}

    an_hour_passes()
    close_due()
    Notification.objects.filter(pk=answer.body.id).update(**again)
    fanout.resolve_chunks(answer.body.id, 1)
    assert not Digest.objects.filter(state=Digest.State.OPEN).exists()


@pytest.fixture
def capped(news: World) -> Iterator[World]:
    """One a day; the others are folded."""
    Cap.objects.create(type=news.type, most=1, per="day")
    collected(digest={}, over_cap="digest", template="digest")
    caps.forget()
    yield news
    caps.forget()


def test_what_is_over_a_cap_waits_for_the_next_digest(capped: World) -> None:
    tell(capped, "A-1", "A-2", "A-3", template_id="order")

    settled()
    assert said() == [("Order A-1", "It is on its way.")]
    assert Digest.objects.get().count == 2
    assert Digest.objects.get().closes_at <= now() + timedelta(days=1)


def test_a_digest_over_a_cap_waits_and_is_not_folded_again(capped: World) -> None:
    tell(capped, "A-1", "A-2", template_id="order")
    an_hour_passes()
    close_due()

    row = Delivery.objects.get(notification_id=made().pk)
    assert (row.state, row.reason) == (State.WAITING, "over_cap")
    assert not Digest.objects.filter(state=Digest.State.OPEN).exists()
    settle(lambda: Delivery.objects.filter(settled_at=None).count() == 1)  # what else was sent
    conserved()


def test_what_a_digest_says_counts_once_towards_a_cap(capped: World) -> None:
    collected(over_cap="drop", template="digest")

    tell(capped, "A-1", "A-2", "A-3")
    an_hour_passes()
    close_due()

    settled()
    assert said() == [("3 news, the last of A-3", "A-1 A-2 A-3")]
