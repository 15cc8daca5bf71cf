from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from channels.inbox.models import InboxItem
from notifications import accept, fanout
from notifications.cancelling import cancel
from notifications.digests import closing, gathering, writing
from notifications.digests.closing import close_due
from notifications.digests.contents import load_readers
from notifications.digests.forgetting import KEPT, forget_old
from notifications.digests.models import Digest, DigestItem
from notifications.digests.selectors import digest_of
from notifications.models import Delivery, Notification
from notifications.statuses import NotificationState, State
from notifications.variables import unseal
from notifyproj.core.clock import now
from preferences.caps import caps
from preferences.catalogue import catalogue
from preferences.digest_rule import DigestRule
from preferences.models import Cap, NotificationType, Preference, Recipient
from preferences.services import recipient_erase
from templates.services import forget_names, template_create, version_draft, version_publish
from tests.flows.steps import conserved, send, settled
from tests.flows.threads import at_once
from tests.world import World

PARTS = {
    "inbox": {
        "default": {
            "title": "{{ count }} news, the last of {{ order_id }}",
            "body": "{% for item in items %}{{ item.order_id }} {% endfor %}",
        }
    }
}
HOUR = timedelta(hours=1)


@pytest.fixture
def news(world: World) -> World:
    """Ada's orders are collected for an hour."""
    template = template_create(slug="digest", name="Digest")
    version_publish(version=version_draft(template=template, parts=PARTS))
    forget_names()
    collected(template="digest")
    world.person("ada")
    return world


def collected(**said: Any) -> None:
    fields: dict[str, Any] = {"digest": {"seconds": 3600}, **said}
    NotificationType.objects.update(**fields)
    catalogue.forget()


def tell(world: World, *orders: str, user_id: str = "ada", **fields: Any) -> list[str]:
    ids = []
    for order in orders:
        variables = {"order_id": order}
        fields = {"channels": ["inbox"], "user_id": user_id, **fields}
        answer = send(world, **fields, variables=variables)
        assert answer.body is not None, answer.error
        ids.append(answer.body.id)
    return ids


def an_hour_passes() -> None:
    Digest.objects.filter(state=Digest.State.OPEN).update(closes_at=now())


def said() -> list[tuple[str, str]]:
    return list(InboxItem.objects.order_by("id").values_list("title", "body"))


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


def test_erasing_a_person_deletes_what_waits_for_them(news: World) -> None:
    tell(news, "A-1")

    recipient_erase(external_id="ada")

    assert not DigestItem.objects.exists()
    assert not Digest.objects.exists()


def test_an_item_written_after_the_erasure_says_nothing(news: World) -> None:
    tell(news, "A-1")
    Recipient.objects.update(data_key=None, erased_at=now())  # without its signal: it came first
    an_hour_passes()

    assert close_due() == 1
    assert Notification.objects.count() == 1


def test_no_content_is_left_behind_once_it_went_out(news: World) -> None:
    tell(news, "A-1", "A-2")
    assert b"A-1" not in bytes(DigestItem.objects.earliest("notification_id").variables or b"")
    an_hour_passes()
    close_due()

    assert list(DigestItem.objects.values_list("variables", flat=True)) == [None, None]


def test_one_that_overflows_counts_what_it_no_longer_keeps(
    news: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "MOST_KEPT", 2)
    tell(news, "A-1", "A-2", "A-3", "A-4")
    an_hour_passes()
    close_due()

    settled()
    assert said() == [("4 news, the last of A-2", "A-1 A-2")]


def test_large_items_are_kept_up_to_a_size(news: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MOST_BYTES", 150)
    tell(news, "A-1", "B" * 100, "C-1")
    an_hour_passes()
    close_due()

    settled()
    assert said() == [("3 news, the last of A-1", "A-1")]


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


def test_two_events_at_the_same_instant_make_one_digest(news: World) -> None:
    at_once(*[lambda n=n: tell(news, f"A-{n}") for n in range(12)])

    assert Digest.objects.get().count == DigestItem.objects.count() == 12
    conserved()


def test_what_comes_while_it_closes_is_in_this_one_or_the_next(news: World) -> None:
    """Some add, some close, for as long as it takes: each item goes out once."""
    orders = [f"A-{n}" for n in range(40)]

    def add(part: list[str]) -> None:
        for order in part:
            tell(news, order)
            an_hour_passes()

    def close() -> None:
        for _ in range(15):
            close_due()

    adders = [lambda n=n: add(orders[n::4]) for n in range(4)]
    at_once(*adders, close, close)
    an_hour_passes()
    close_due()

    settled()
    told = " ".join(body for _, body in said()).split()
    assert sorted(told) == sorted(orders)
    conserved()


def test_those_who_close_at_once_make_one_message(news: World) -> None:
    tell(news, "A-1", "A-2")
    an_hour_passes()

    assert sum(at_once(*[close_due] * 4)) == 1

    settled()
    assert len(said()) == 1


def test_one_who_dies_while_closing_leaves_all_to_the_next(
    news: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(news, "A-1")
    an_hour_passes()
    with monkeypatch.context() as patched:
        patched.setattr(accept, "write", _dies)
        with pytest.raises(SystemExit):
            close_due()

    assert close_due() == 1

    settled()
    assert said() == [("1 news, the last of A-1", "A-1")]


def _dies(*_: object) -> None:
    raise SystemExit


def test_one_that_cannot_be_written_does_not_stop_the_others(
    news: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected(digest={"by": "order_id", "seconds": 60})
    tell(news, "A-1", "B-1")
    an_hour_passes()
    bad = Digest.objects.order_by("pk")[0]

    def fails(due: Any, at: datetime) -> Any:
        if bad.pk in [item.id for item in due]:
            raise ValueError
        return writing.drafts_of(due, at)

    monkeypatch.setattr(closing, "drafts_of", fails)

    assert close_due() == 1

    settled()
    assert said() == [("1 news, the last of B-1", "B-1")]
    bad.refresh_from_db()
    assert bad.closes_at > now()


def test_the_log_says_where_a_message_went(news: World) -> None:
    id_ = tell(news, "A-1")[0]
    waiting = digest_of(UUID(id_), news.people[0].pk)
    an_hour_passes()
    close_due()
    gone = digest_of(UUID(id_), news.people[0].pk)

    assert waiting is not None
    assert (waiting.closed, waiting.notification_id) == (False, None)
    assert gone is not None
    assert (gone.closed, gone.notification_id) == (True, made().pk)


def test_old_ones_are_forgotten(news: World) -> None:
    tell(news, "A-1")
    an_hour_passes()
    close_due()

    assert forget_old(now() + KEPT - HOUR) == 0
    assert forget_old(now() + KEPT + HOUR) == 1
    assert not DigestItem.objects.exists()


def test_what_is_over_a_cap_waits_for_the_next_digest(
    news: World, request: pytest.FixtureRequest
) -> None:
    Cap.objects.create(type=news.type, most=1, per="day")
    collected(digest={}, over_cap="digest", template="digest")
    caps.forget()
    request.addfinalizer(caps.forget)

    tell(news, "A-1", "A-2", "A-3", template_id="order")

    settled()
    assert said() == [("Order A-1", "It is on its way.")]
    assert Digest.objects.get().count == 2
    assert Digest.objects.get().closes_at <= now() + timedelta(days=1)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-03-28T18:00+01:00", "2026-03-29T18:00+02:00"),  # a day of 23 hours
        ("2026-10-24T18:00+02:00", "2026-10-25T18:00+01:00"),  # and one of 25
        ("2026-10-24T17:59+02:00", "2026-10-24T18:00+02:00"),
    ],
)
def test_it_closes_at_the_persons_hour(start: str, end: str) -> None:
    rule = DigestRule(at=time(18))

    closes_at = rule.closes_at(datetime.fromisoformat(start).astimezone(UTC), "Europe/Vienna")

    assert closes_at == datetime.fromisoformat(end)


@pytest.mark.parametrize("zone", ["Europe/Vienna", "America/New_York", "Pacific/Chatham", "", "no"])
def test_an_hour_that_is_skipped_or_repeated_comes_once_a_day(zone: str) -> None:
    rule, at = DigestRule(at=time(2, 30)), datetime(2026, 1, 1, tzinfo=UTC)

    ends: list[datetime] = []
    while len(ends) < 365:
        at = rule.closes_at(at, zone)
        ends.append(at)

    steps = {later - earlier for earlier, later in pairwise(ends)}
    assert timedelta(hours=22) < min(steps) <= max(steps) < timedelta(hours=26)


def test_whichever_is_first_closes_it() -> None:
    at = datetime(2026, 11, 22, 17, tzinfo=UTC)

    assert DigestRule(seconds=60, at=time(18)).closes_at(at, "UTC") == at + timedelta(seconds=60)
    assert DigestRule(seconds=7200, at=time(18)).closes_at(at, "UTC") == at + HOUR
    assert DigestRule(count=5).closes_at(at, "UTC") == at + timedelta(days=7)
