from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from notifyproj.core.clock import milliseconds
from notifyproj.core.ids import day_start, delivery_id, instant_of, milliseconds_of, uuid7

INSTANT = datetime(2026, 11, 22, 12, 0, 0, 123_000, tzinfo=UTC)
MS = milliseconds(INSTANT)
MILLISECONDS = st.integers(0, (1 << 48) - 1)
TEXTS = st.text(max_size=20)


def parts(
    milliseconds: int = MS, person: object = 5, channel: str = "push", point: object = 9
) -> UUID:
    return UUID(delivery_id(milliseconds, "parent", person, channel, point))


def test_a_delivery_has_the_same_id_however_often_it_is_resolved() -> None:
    assert parts() == parts()


def test_another_parent_person_channel_or_address_is_another_id() -> None:
    other = UUID(delivery_id(MS, "another", 5, "push", 9))
    assert len({parts(), other, parts(person=6), parts(channel="sms"), parts(point=10)}) == 5


@given(MILLISECONDS, TEXTS, TEXTS)
def test_ids_have_the_layout_of_uuid_version_7(ms: int, parent: str, person: str) -> None:
    for made in (uuid7(ms), UUID(delivery_id(ms, parent, person, "push", ""))):
        assert made.version == 7
        assert made.variant == "specified in RFC 4122"
        assert milliseconds_of(made) == ms


@given(MILLISECONDS, TEXTS)
def test_a_delivery_id_is_the_uuid_of_the_hash_of_what_it_is(ms: int, parent: str) -> None:
    seed = sha256(f"{parent}|5|push|9".encode()).digest()

    assert delivery_id(ms, parent, 5, "push", 9) == str(uuid7(ms, seed))


@given(MILLISECONDS, st.binary(min_size=10, max_size=10))
def test_a_seed_decides_all_other_bits(ms: int, seed: bytes) -> None:
    assert uuid7(ms, seed) == uuid7(ms, seed)


def test_two_ids_of_one_millisecond_differ() -> None:
    assert len({uuid7(MS) for _ in range(1_000)}) == 1_000


@given(MILLISECONDS, MILLISECONDS)
def test_ids_sort_by_time_as_ids_and_as_text(a: int, b: int) -> None:
    if a < b:
        assert uuid7(a) < uuid7(b)
        assert delivery_id(a, "p", 1, "push", 1) < delivery_id(b, "p", 1, "push", 1)


def test_an_id_tells_when_it_was_made() -> None:
    assert instant_of(uuid7(MS)) == INSTANT


@given(st.dates(date(1971, 1, 1), date(2999, 12, 31)))
def test_a_day_begins_at_its_bound_and_ends_before_the_next(day: date) -> None:
    first = datetime(day.year, day.month, day.day, tzinfo=UTC)
    last = first + timedelta(days=1, milliseconds=-1)
    low, high = day_start(day), day_start(day + timedelta(days=1))
    assert low <= uuid7(milliseconds(first), bytes(10)) < high
    assert low <= uuid7(milliseconds(last), b"\xff" * 10) < high
    assert uuid7(milliseconds(first) - 1, b"\xff" * 10) < low
