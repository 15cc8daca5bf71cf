"""Audiences too large for the accepting transaction are resolved chunk by chunk."""

from collections.abc import Sequence

import pytest
from django.db import transaction

from channels.inbox.models import InboxItem
from notifications.accept import fanout
from notifications.accept.fanout import resolve_chunks
from notifications.dispatch import dispatch
from notifications.dispatch.sweep import sweep
from notifications.models import CounterDelta, Delivery, Notification
from notifications.queues import RESOLVE, RESOLVE_CHUNK, RESOLVE_URGENT
from notifications.resolve import insert as store
from notifications.resolve.rows import Row
from notifications.services.cancel import cancel
from notifications.statuses import NotificationState, State
from notifyproj.core.clock import now
from preferences.addresses.addresses import new_data_key
from preferences.models import Recipient
from tests.flows.conftest import Published
from tests.flows.steps import conserved, run, send, settled
from tests.flows.threads import at_once
from tests.world import World

PEOPLE = [f"user-{n:02}" for n in range(60)]


@pytest.fixture
def crowd(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Sixty people with an inbox, resolved twenty at a time."""
    monkeypatch.setattr(fanout, "CHUNK", 20)
    Recipient.objects.bulk_create(
        Recipient(external_id=name, data_key=new_data_key(name)) for name in PEOPLE
    )
    return world


def send_to_all(world: World, **fields: object) -> str:
    answer = send(world, user_ids=PEOPLE, channels=["inbox"], **fields)
    assert answer.body is not None
    return answer.body.id


def test_up_to_fifty_deliveries_exist_when_the_request_is_answered(
    crowd: World, hints: list[Published]
) -> None:
    send(crowd, user_ids=PEOPLE[:50], channels=["inbox"])

    assert Delivery.objects.count() == 50
    assert [hint.queue for hint in hints] == ["inbox.normal"]


@pytest.mark.parametrize(
    ("priority", "queue"), [("normal", RESOLVE), ("low", RESOLVE), ("high", RESOLVE_URGENT)]
)
def test_more_are_left_to_a_task_of_their_lane(
    crowd: World, hints: list[Published], priority: str, queue: str
) -> None:
    id_ = send_to_all(crowd, priority=priority)

    assert hints == [Published(RESOLVE_CHUNK, [id_, 1], queue)]
    assert not Delivery.objects.exists()
    assert Notification.objects.get().state == NotificationState.ACCEPTED


def test_everybody_in_a_large_audience_is_reached_once(crowd: World) -> None:
    send_to_all(crowd)

    settled()
    assert Delivery.objects.filter(state=State.SENT).count() == 60
    assert InboxItem.objects.count() == 60
    assert Notification.objects.get().state == NotificationState.RESOLVED
    conserved()


def test_unknown_ids_of_a_large_audience_are_skipped_with_their_reason(crowd: World) -> None:
    send(crowd, user_ids=[*PEOPLE, "nobody", "no one"], channels=["inbox"])

    settled()
    skipped = Delivery.objects.filter(state=State.SKIPPED, reason="recipient_unknown")
    assert set(skipped.values_list("unknown_recipient", flat=True)) == {"nobody", "no one"}
    assert Delivery.objects.count() == 62
    conserved()


def test_a_chunk_that_is_repeated_repeats_nothing(crowd: World, hints: list[Published]) -> None:
    id_ = send_to_all(crowd)
    resolve_chunks(id_, 1)

    Notification.objects.update(state=NotificationState.ACCEPTED, cursor=0)
    resolve_chunks(id_, 1)

    assert Delivery.objects.count() == 60
    conserved()


def test_a_task_with_an_old_number_does_nothing(crowd: World, hints: list[Published]) -> None:
    id_ = send_to_all(crowd)

    assert resolve_chunks(id_, 0) == 0

    assert not Delivery.objects.exists()


def test_resolvers_that_race_write_each_delivery_once(crowd: World, hints: list[Published]) -> None:
    id_ = send_to_all(crowd)

    written = at_once(*[lambda: resolve_chunks(id_, 1)] * 3)

    assert sum(written) == Delivery.objects.count() == 60
    conserved()


def test_a_resolver_that_was_overtaken_does_not_turn_the_cursor_back(
    crowd: World, hints: list[Published], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped after it read its page, continued after others went on."""
    monkeypatch.setattr(fanout, "TURN", -1.0)
    id_ = send_to_all(crowd)
    load, pages = fanout._load, [fanout._load(id_, 1)]
    resolve_chunks(id_, 1)
    resolve_chunks(id_, 1)
    monkeypatch.setattr(fanout, "_load", lambda *args: pages.pop() if pages else load(*args))

    assert resolve_chunks(id_, 1) == 0

    assert Notification.objects.get().cursor == 40
    assert Delivery.objects.count() == 40


def test_a_resolver_that_is_out_of_time_is_followed_at_once(
    crowd: World, hints: list[Published], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanout, "TURN", -1.0)
    id_ = send_to_all(crowd)

    assert resolve_chunks(id_, 1) == 20

    due_at = Notification.objects.get().due_at
    assert due_at is not None
    assert due_at <= now()


def test_a_resolver_that_died_between_chunks_is_followed_by_another(
    crowd: World, hints: list[Published], monkeypatch: pytest.MonkeyPatch
) -> None:
    send_to_all(crowd)
    with monkeypatch.context() as patched:
        patched.setattr(fanout, "TURN", -1.0)
        run(hints[:1])
    hints.clear()  # with all else the broker held
    Notification.objects.update(due_at=now())

    sweep()
    run(hints)

    Delivery.objects.filter(state=State.WAITING).update(due_at=now())
    sweep()
    run(hints)
    settled()
    assert Delivery.objects.filter(state=State.SENT).count() == 60
    conserved()


def test_cancelling_between_chunks_stops_the_rest(
    crowd: World, hints: list[Published], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fanout, "TURN", -1.0)
    id_ = send_to_all(crowd)
    resolve_chunks(id_, 1)

    cancel(notification_id=id_, service_id=crowd.service.pk)
    resolve_chunks(id_, 1)
    run(hints)

    assert Delivery.objects.filter(state=State.CANCELLED).count() == 20
    assert Delivery.objects.count() == 20
    assert not InboxItem.objects.exists()
    conserved()


def test_an_audience_waits_while_its_queue_is_full(
    crowd: World, hints: list[Published], monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = send_to_all(crowd)
    with monkeypatch.context() as patched:
        patched.setattr(fanout, "backlog", lambda queue: 10**6)
        assert resolve_chunks(id_, 1) == 0
    assert Notification.objects.get().state == NotificationState.ACCEPTED

    Notification.objects.update(due_at=now())
    hints.clear()
    sweep()
    run(hints)

    assert Delivery.objects.count() == 60


def test_an_audience_whose_time_is_over_expires(crowd: World, hints: list[Published]) -> None:
    id_ = send_to_all(crowd)
    Notification.objects.update(expires_at=now())

    assert resolve_chunks(id_, 1) == 0

    assert Notification.objects.get().state == NotificationState.EXPIRED
    assert not Delivery.objects.exists()


def test_hints_hold_five_hundred_ids_of_one_app_and_day_at_most() -> None:
    day = 0x19A0_0000_0000
    rows = [dispatch.Due(_id(day + n), 1, "push", 1, app_id=n % 2) for n in range(1_002)] + [
        dispatch.Due(_id(day + 2 * 86_400_000), 1, "push", 1, app_id=0)
    ]

    made = dispatch.hints(rows)

    assert sorted(len(hint.ids) for hint in made) == [1, 1, 1, 500, 500]
    assert {hint.queue for hint in made} == {"push.normal"}


def _id(milliseconds: int) -> str:
    text = f"{milliseconds:012x}"
    return f"{text[:8]}-{text[8:]}-7000-8000-000000000000"


def test_a_delivery_that_exists_is_neither_written_nor_counted_again(
    crowd: World, hints: list[Published], monkeypatch: pytest.MonkeyPatch
) -> None:
    insert, planned = store.insert, list[Row]()

    def noted(rows: Sequence[Row]) -> list[Row]:
        planned.extend(rows)
        return insert(rows)

    monkeypatch.setattr(store, "insert", noted)
    send(crowd, user_ids=PEOPLE[:3], channels=["inbox"])
    kept = planned[1].id
    Delivery.objects.exclude(pk=kept).delete()
    CounterDelta.objects.all().delete()

    with transaction.atomic():
        new = insert(planned)

    assert {row.id for row in new} == {row.id for row in planned} - {kept}
    assert Delivery.objects.count() == 3
    assert CounterDelta.objects.get().n == 2
