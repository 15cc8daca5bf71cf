"""Nobody gets more than is decent, or the same twice: dropped, deferred, and asked about again."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from redis import RedisError
from redis.client import Pipeline

from notifications.accept import fanout
from notifications.models import Delivery
from notifications.resolve import insert as store
from notifications.statuses import State
from notifyproj.core.clock import now
from notifyproj.core.servers.redis_client import quick_redis
from preferences.facts import cap_counter
from preferences.facts.types import caps
from preferences.models import Cap, Category, NotificationType, Preference, QuietHours
from tests.flows.conftest import Published, settle
from tests.flows.steps import conserved, go_on, run, send
from tests.world import World, forget_all


@pytest.fixture
def ada(world: World) -> World:
    """One person with two devices and an inbox."""
    ada = world.person("ada", token="a" * 64)
    world.device(ada, "b" * 64)
    return world


def limit(most: int, per: str = "week", **of: Any) -> None:
    Cap.objects.create(most=most, per=per, **of)
    caps.forget()


def set_type(world: World, **fields: Any) -> None:
    NotificationType.objects.filter(pk=world.type.pk).update(**fields)
    forget_all()


def inbox(world: World, **fields: Any) -> Delivery:
    """The delivery of one more message by the inbox, as it was planned."""
    answer = send(world, **{"user_id": "ada", "channels": ["inbox"], **fields})
    assert answer.body is not None
    return Delivery.objects.get(notification_id=answer.body.id)


def work(hints: list[Published]) -> None:
    """Time passes, workers take what is due, and it is written down."""
    go_on()
    run(hints)
    settle(lambda: not Delivery.objects.filter(state=State.LEASED).exists())


def verdicts(*rows: Delivery) -> list[tuple[int, str]]:
    return [(row.state, row.reason) for row in rows]


DROPPED = (State.SKIPPED, "over_cap")
GOING = (State.WAITING, "")


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Redis does not count; `undo` brings it back."""

    def execute(*_: object) -> None:
        raise RedisError

    with monkeypatch.context() as patched:
        patched.setattr(Pipeline, "execute", execute)
        yield patched


def test_what_is_over_a_cap_is_dropped_and_says_so(ada: World, hints: list[Published]) -> None:
    limit(1)

    first, second = inbox(ada), inbox(ada)

    assert verdicts(first, second) == [GOING, DROPPED]
    assert first.trace == "default a1/w:1"
    assert second.trace == "skip:over_cap a1/w:!"
    conserved()


def test_a_message_counts_once_for_all_devices_and_channels(
    ada: World, hints: list[Published]
) -> None:
    limit(2)

    send(ada, user_id="ada", channels=["push", "inbox"])

    assert Delivery.objects.filter(state=State.WAITING).count() == 3
    assert verdicts(inbox(ada), inbox(ada)) == [GOING, DROPPED]


def test_who_does_not_get_it_is_not_counted(ada: World, hints: list[Published]) -> None:
    limit(1)
    no = Preference.objects.create(recipient=ada.people[0], type=ada.type, enabled=False)
    inbox(ada)
    no.delete()

    assert verdicts(inbox(ada)) == [GOING]


def test_what_is_mandatory_is_neither_limited_nor_counted(
    ada: World, hints: list[Published]
) -> None:
    limit(1)
    set_type(ada, mandatory=True)
    codes = [inbox(ada), inbox(ada)]
    set_type(ada, mandatory=False)

    assert verdicts(*codes, inbox(ada)) == [GOING, GOING, GOING]


@pytest.mark.parametrize(
    ("of", "limited"),
    [
        ({}, True),
        ({"legal_class": "service"}, True),
        ({"legal_class": "marketing"}, False),
        ({"type": "order"}, True),
        ({"type": "other"}, False),
        ({"category": "orders"}, True),
        ({"category": "offers"}, False),
    ],
)
def test_a_cap_holds_for_what_it_names(
    ada: World, hints: list[Published], of: dict[str, Any], limited: bool
) -> None:
    orders, offers = (Category.objects.create(slug=s, name=s) for s in ("orders", "offers"))
    other = NotificationType.objects.create(slug="other", name="Other", channels=["inbox"])
    set_type(ada, category=orders)
    rows = {"order": ada.type, "other": other, "orders": orders, "offers": offers}
    limit(0, **{name: rows.get(value, value) for name, value in of.items()})

    assert verdicts(inbox(ada)) == [DROPPED if limited else GOING]


def test_what_is_deferred_goes_when_the_window_is_over(ada: World, hints: list[Published]) -> None:
    limit(1)
    set_type(ada, over_cap="defer")
    inbox(ada)

    waiting = inbox(ada)
    assert verdicts(waiting) == [(State.WAITING, "over_cap")]
    assert waiting.due_at is not None
    assert now() < waiting.due_at <= now() + timedelta(days=7)

    work(hints)
    waiting.refresh_from_db()
    assert (waiting.claims, *verdicts(waiting)) == (1, (State.WAITING, "over_cap"))  # still full

    quick_redis().delete(*quick_redis().keys("got:*"))  # a new week
    work(hints)
    waiting.refresh_from_db()
    assert waiting.state == State.SENT
    conserved()


def test_what_waits_for_the_morning_is_counted_in_the_morning(
    ada: World, hints: list[Published]
) -> None:
    limit(1, "hour")
    inbox(ada)
    start, end = (now() + timedelta(hours=n) for n in (-1, 6))
    QuietHours.objects.create(recipient=ada.people[0], start=start.time(), end=end.time())

    rows = [inbox(ada), inbox(ada)]

    assert verdicts(*rows) == [(State.WAITING, "quiet_hours"), DROPPED]


def test_a_chunk_that_is_repeated_counts_nobody_twice(
    ada: World, hints: list[Published], monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(2)
    ada.person("bob", token="c" * 64)
    monkeypatch.setattr("notifications.accept.write.INLINE", 0)
    send(ada, user_ids=["ada", "bob"], channels=["inbox"])

    class Killed(Exception):
        pass

    def killed(rows: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(store, "insert", killed)
        with pytest.raises(Killed):
            fanout.resolve_chunks(*hints[0].args)
    fanout.resolve_chunks(*hints[0].args)
    monkeypatch.setattr("notifications.accept.write.INLINE", 50)

    assert {row.trace for row in Delivery.objects.all()} == {"default a2/w:1"}
    assert verdicts(inbox(ada), inbox(ada)) == [GOING, DROPPED]


def test_the_same_words_are_said_once(ada: World, hints: list[Published]) -> None:
    set_type(ada, duplicate_seconds=600)

    rows = [inbox(ada, variables={"order_id": id_}) for id_ in ("A-1", "A-1", "A-2")]

    assert verdicts(*rows) == [GOING, (State.SKIPPED, "duplicate"), GOING]


def test_a_collapse_key_says_what_is_the_same(ada: World, hints: list[Published]) -> None:
    set_type(ada, duplicate_seconds=600)

    rows = [
        inbox(ada, variables={"order_id": id_}, collapse_key=key)
        for id_, key in (("A-1", "x"), ("A-2", "x"), ("A-1", "y"))
    ]

    assert verdicts(*rows) == [GOING, (State.SKIPPED, "duplicate"), GOING]


def test_a_duplicate_is_known_in_a_large_audience_too(
    ada: World, hints: list[Published], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_type(ada, duplicate_seconds=600)
    inbox(ada)
    monkeypatch.setattr("notifications.accept.write.INLINE", 0)
    answer = send(ada, user_id="ada", channels=["inbox"])
    assert answer.body is not None

    fanout.resolve_chunks(answer.body.id, 1)

    row = Delivery.objects.get(notification_id=answer.body.id)
    assert verdicts(row) == [(State.SKIPPED, "duplicate")]


def test_without_redis_marketing_waits_until_it_can_be_counted(
    ada: World, hints: list[Published], away: pytest.MonkeyPatch
) -> None:
    limit(1)
    set_type(ada, legal_class="marketing")
    rows = [inbox(ada), inbox(ada)]
    assert verdicts(*rows) == [(State.WAITING, "caps_unknown")] * 2

    away.undo()
    work(hints)

    states = sorted(Delivery.objects.values_list("state", "reason"))
    assert states == sorted([(State.SENT, ""), DROPPED])
    conserved()


def test_without_redis_everything_else_goes(
    ada: World, hints: list[Published], away: pytest.MonkeyPatch
) -> None:
    limit(0)
    set_type(ada, duplicate_seconds=600)

    assert verdicts(inbox(ada), inbox(ada)) == [GOING, GOING]


def test_what_has_no_limits_asks_nobody(
    ada: World, hints: list[Published], away: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    away.setattr(cap_counter, "_ask", asked.append)

    inbox(ada)

    assert asked == []


def test_what_stands_in_for_another_waits_for_the_cap_as_well(
    ada: World, hints: list[Published]
) -> None:
    limit(0)
    step = {"from": "push", "to": "inbox", "unless": "accepted", "after": 10}
    set_type(ada, over_cap="defer", fallbacks=[step])
    send(ada, user_id="ada")

    Delivery.objects.filter(channel="inbox").update(due_at=now())
    Delivery.objects.filter(channel="push").update(state=State.FAILED, due_at=None)
    work(hints)

    assert verdicts(Delivery.objects.get(channel="inbox")) == [(State.WAITING, "over_cap")]
