"""What the inbox keeps, shows and forgets."""

import json
from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch

import pytest
import redis
from django.test import override_settings

from channels.inbox import selectors, services
from channels.inbox.models import InboxItem
from notifyproj.core import clock
from notifyproj.core.live import publish
from notifyproj.core.live.publish import channel_of
from notifyproj.core.servers.redis_client import quick_redis
from tests.channels.inbox.written import a_write, new_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard() -> Iterator[redis.client.PubSub]:
    pubsub = quick_redis().pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
    pubsub.subscribe(channel_of("inbox:1"))
    pubsub.get_message(timeout=1)
    yield pubsub
    pubsub.close()


def titles(recipient_id: int = 1) -> list[str]:
    return [item.title for item in selectors.list_items(recipient_id).items]


def test_an_item_stored_twice_is_stored_once() -> None:
    write = a_write()
    services.store([write, write])
    services.store([write])
    assert InboxItem.objects.count() == 1


def test_storing_again_does_not_make_it_unread() -> None:
    write = a_write()
    services.store([write])
    services.mark_read(recipient_id=1, ids=[write.delivery_id], now=clock.now())
    services.store([write])
    assert selectors.unread_count(1) == 0


def test_a_new_item_is_announced_to_its_recipient(heard: redis.client.PubSub) -> None:
    write = a_write(title="Hello")
    services.store([write, a_write(recipient_id=2)])
    message = heard.get_message(timeout=1)
    assert message is not None
    lines = message["data"].decode().split("\n")
    assert lines[:2] == [f"id: {write.delivery_id}", "event: item"]
    assert json.loads(lines[2].removeprefix("data: "))["title"] == "Hello"


def test_what_was_there_already_is_not_announced_again(heard: redis.client.PubSub) -> None:
    write = a_write()
    services.store([write])
    assert heard.get_message(timeout=1)
    services.store([write])
    assert heard.get_message(timeout=0.2) is None


def test_a_dead_redis_does_not_fail_a_stored_message() -> None:
    with (
        override_settings(REDIS_URL="redis://127.0.0.1:1/0"),
        patch.object(publish, "_health", publish.Health()),
    ):
        services.store([a_write(title="Kept")])
    assert titles() == ["Kept"]


def test_what_postgres_cannot_store_does_not_sink_the_batch() -> None:
    bad = a_write(title='N\0UL \\ "\ud800"', data={"a\0": "b\0\ud800"}, body="x" * 9_000)
    services.store([bad, a_write(title="Fine")])
    stored = InboxItem.objects.get(id=bad.delivery_id)
    assert (stored.title, stored.data, len(stored.body)) == ('NUL \\ "?"', {"a": "b?"}, 8_000)
    assert InboxItem.objects.count() == 2


def test_a_link_that_is_too_long_is_dropped_rather_than_broken() -> None:
    services.store([a_write(link="https://shop.example/" + "x" * 2_000)])
    assert InboxItem.objects.get().link == ""


def test_the_newest_item_comes_first_even_with_an_older_id() -> None:
    old_id = new_id()
    with patch.object(services, "INSERT", services.INSERT.replace("now()", "clock_timestamp()")):
        services.store([a_write(title="first")])
        services.store([a_write(title="waited for the morning", delivery_id=old_id)])
    assert titles() == ["waited for the morning", "first"]


def test_pages_stay_stable_while_new_items_arrive() -> None:
    services.store([a_write(title=f"{n}") for n in range(7)])
    seen, cursor = [], ""
    for _ in range(4):
        page = selectors.list_items(1, before=cursor, limit=2)
        seen += [item.id for item in page.items]
        cursor = page.next or ""
        InboxItem.objects.create(id=new_id(), recipient_id=1, title="new", created_at=clock.now())
    first_seven = InboxItem.objects.filter(title__regex=r"^\d$").values_list("id", flat=True)
    assert len(seen) == 7
    assert set(seen) == set(first_seven)
    assert cursor == ""


def test_unread_counts_to_a_hundred_and_no_further() -> None:
    services.store([a_write() for _ in range(103)])
    assert selectors.unread_count(1) == 100


def test_mark_all_read_leaves_what_came_after() -> None:
    seen, unseen = a_write(), a_write()
    services.store([seen])
    now = clock.now() + timedelta(seconds=1)
    InboxItem.objects.create(id=unseen.delivery_id, recipient_id=1, title="new", created_at=now)
    left = services.mark_all_read(recipient_id=1, up_to=seen.delivery_id, now=now)
    assert left == 1
    assert InboxItem.objects.get(read_at=None).id == unseen.delivery_id


def test_mark_all_read_up_to_somebody_elses_item_changes_nothing() -> None:
    other = a_write(recipient_id=2)
    services.store([a_write(), other])
    services.mark_all_read(recipient_id=1, up_to=other.delivery_id, now=clock.now())
    assert selectors.unread_count(1) == 1


def test_an_archived_item_is_neither_listed_nor_counted() -> None:
    write = a_write()
    services.store([write])
    left = services.archive(recipient_id=1, item_id=write.delivery_id, now=clock.now())
    assert (left, titles()) == (0, [])
    assert len(selectors.list_items(1, archived=True).items) == 1


def test_items_are_forgotten_after_ninety_days() -> None:
    services.store([a_write(title="old"), a_write(title="older")])
    InboxItem.objects.update(created_at=clock.now() - timedelta(days=91))
    services.store([a_write(title="new")])
    assert services.delete_old(now=clock.now(), batch=1) == 2
    assert titles() == ["new"]
