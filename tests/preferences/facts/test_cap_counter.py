"""What a person got already is counted once, by everybody, for a whole chunk at a time."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import sleep
from uuid import uuid4

import pytest
from redis import Redis, RedisError
from redis.client import Pipeline

from notifyproj.core.servers.redis_client import quick_redis
from preferences.decision.cap_codes import USED_UP
from preferences.decision.values import Limits, Over
from preferences.facts.cap_counter import SLACK, Counted, Group, Message, count, window
from preferences.facts.types import CapValue
from tests.flows.threads import at_once

NOON = datetime(2099, 6, 10, 12, 0, tzinfo=UTC)  # Redis forgets what is past
MIDNIGHT = datetime(2099, 6, 11, tzinfo=UTC)
TWO_A_DAY = CapValue(1, 2, "day")
FIVE_A_WEEK = CapValue(2, 5, "week")


@pytest.fixture(autouse=True)
def redis() -> Iterator[Redis]:
    quick_redis().flushdb()
    yield quick_redis()
    quick_redis().flushdb()


def message(*caps: CapValue, content: bytes = b"", **fields: object) -> Message:
    made = Message(
        notification_id=str(uuid4()),
        type_id=7,
        caps=caps,
        over_cap="drop",
        content_hash=content,
        duplicate_seconds=60 if content else 0,
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def tell(said: Message, person: int = 1, now: datetime = NOON, zone: str = "UTC") -> Counted:
    return count([Group(said, zone, now, [person])])[said.notification_id][person]


def numbers(result: Counted) -> list[int | None]:
    """How many of each cap were taken; None: it is used up."""
    words = [word.partition(":")[2] for word in result.taken]
    return [None if n == USED_UP else int(n) for n in words]


def test_as_many_as_the_cap_allows_are_taken() -> None:
    results = [tell(message(TWO_A_DAY)) for _ in range(3)]

    assert [numbers(result) for result in results] == [[1], [2], [None]]
    assert [result.limits.over for result in results] == [
        *(None, None),
        Over("2 a day", "drop", MIDNIGHT),
    ]


def test_the_same_notification_is_counted_once() -> None:
    said = message(TWO_A_DAY)

    assert [numbers(tell(said)) for _ in range(3)] == [[1], [1], [1]]


def test_what_was_taken_stays_taken_when_it_is_asked_again_over_a_full_cap() -> None:
    first = message(TWO_A_DAY)
    for said in (first, message(TWO_A_DAY), message(TWO_A_DAY)):
        tell(said)

    assert tell(first).limits.over is None


def test_each_person_has_a_budget_of_their_own() -> None:
    said = [message(TWO_A_DAY) for _ in range(3)]
    found = count([Group(each, "UTC", NOON, [1, 2]) for each in said])

    assert [found[each.notification_id][2].limits.over is None for each in said] == [
        *(True, True),
        False,
    ]


def test_who_is_over_one_cap_takes_nothing_of_the_others() -> None:
    for _ in range(6):
        tell(message(FIVE_A_WEEK, TWO_A_DAY))

    assert numbers(tell(message(FIVE_A_WEEK))) == [3]


def test_a_new_day_is_a_new_budget() -> None:
    for _ in range(2):
        tell(message(TWO_A_DAY))

    assert numbers(tell(message(TWO_A_DAY), now=MIDNIGHT)) == [1]


def test_the_keys_end_when_their_window_has_ended_everywhere(redis: Redis) -> None:
    tell(message(TWO_A_DAY))
    (key,) = (key.decode() for key in redis.scan_iter("got:*"))

    last_midnight = MIDNIGHT + timedelta(hours=12)  # of this day, on earth
    assert redis.pexpiretime(key) == int((last_midnight + SLACK).timestamp() * 1000)


def test_many_at_once_take_no_more_than_there_is() -> None:
    results = at_once(*[lambda: tell(message(TWO_A_DAY))] * 8)

    assert sum(result.limits.over is None for result in results) == 2


def test_looking_takes_nothing(redis: Redis) -> None:
    said = message(TWO_A_DAY, content=b"same")
    found = [count([Group(said, "UTC", NOON, [1])], take=False) for _ in range(3)]

    assert [numbers(each[said.notification_id][1]) for each in found] == [[1], [1], [1]]
    assert redis.keys() == []


def test_a_whole_chunk_is_one_round_trip(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    execute = Pipeline.execute

    def counted(self: Pipeline, raise_on_error: bool = True) -> list[object]:
        sent.append(len(self.command_stack))
        return execute(self, raise_on_error)

    monkeypatch.setattr(Pipeline, "execute", counted)
    said = message(TWO_A_DAY, FIVE_A_WEEK, content=b"same")
    people = range(1, 1201)

    found = count([Group(said, "UTC", NOON, people), Group(said, "Asia/Tokyo", NOON, [5000])])

    results = found[said.notification_id]
    assert len(results) == 1201
    assert {result.taken for result in results.values()} == {("a2/d:1", "a5/w:1")}
    assert sent == [3]  # of 512 people at most


def test_the_same_to_the_same_person_is_a_duplicate() -> None:
    tell(message(content=b"same"))

    assert tell(message(content=b"same")).limits == Limits(duplicate=True)
    assert tell(message(content=b"other")).limits == Limits()
    assert tell(message(content=b"same"), person=2).limits == Limits()
    assert tell(message(content=b"same", type_id=8)).limits == Limits()


def test_a_notification_is_not_its_own_duplicate() -> None:
    said = message(content=b"same")

    assert [tell(said).limits for _ in range(2)] == [Limits(), Limits()]


def test_a_duplicate_takes_nothing() -> None:
    for _ in range(3):
        tell(message(TWO_A_DAY, content=b"same"))

    assert numbers(tell(message(TWO_A_DAY))) == [2]


@pytest.mark.parametrize(("then", "duplicate"), [("drop", False), ("defer", True)])
def test_only_what_still_goes_out_has_duplicates(then: str, duplicate: bool) -> None:
    none = CapValue(3, 0, "day")
    tell(message(none, content=b"same", over_cap=then))

    assert tell(message(content=b"same")).limits.duplicate is duplicate


def test_the_same_may_be_said_again_after_its_time_though_a_neighbour_was_told_it_since() -> None:
    tell(message(content=b"same", duplicate_seconds=1))
    sleep(0.6)
    tell(message(content=b"same", duplicate_seconds=1), person=2)
    assert tell(message(content=b"same")).limits.duplicate
    sleep(0.5)

    assert [tell(message(content=b"same"), person=n).limits.duplicate for n in (1, 2)] == [
        *(False, True)
    ]


def test_what_was_said_is_forgotten_after_its_time(redis: Redis) -> None:
    tell(message(content=b"same", duplicate_seconds=90))
    (key,) = redis.keys("said:*")

    assert 85 <= redis.ttl(key) <= 90


def test_without_redis_it_is_said_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise RedisError

    monkeypatch.setattr(Pipeline, "execute", away)

    assert tell(message(TWO_A_DAY)).limits == Limits(unknown=True)
    assert tell(message(content=b"same")).limits == Limits()


@pytest.mark.parametrize(
    ("per", "zone", "now", "label", "ends"),
    [
        ("hour", "Asia/Kolkata", "2026-11-22T12:40", "2026112212", "2026-11-22T13:00"),
        ("day", "UTC", "2026-11-22T12:40", "20261122", "2026-11-23T00:00"),
        ("day", "America/Los_Angeles", "2026-11-22T05:00", "20261121", "2026-11-22T08:00"),
        ("day", "Nowhere/Atlantis", "2026-11-22T12:40", "20261122", "2026-11-23T00:00"),
        ("day", "Europe/Vienna", "2026-10-25T00:30", "20261025", "2026-10-25T23:00"),  # 25 h
        ("week", "UTC", "2026-12-31T12:00", "2026W53", "2027-01-04T00:00"),
        ("week", "Asia/Tokyo", "2026-11-22T16:00", "2026W48", "2026-11-29T15:00"),
    ],
)
def test_a_day_and_a_week_are_the_persons_own(
    per: str, zone: str, now: str, label: str, ends: str
) -> None:
    at, until = (datetime.fromisoformat(f"{text}+00:00") for text in (now, ends))

    assert window(per, zone, at)[:2] == (label, until)


def test_a_window_is_the_same_until_it_ends() -> None:
    label, ends, _ = window("day", "America/New_York", NOON)

    assert window("day", "America/New_York", ends - timedelta(milliseconds=1)).label == label
    assert window("day", "America/New_York", ends).label != label
