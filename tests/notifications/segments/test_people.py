"""Who is in a segment: counted, sampled, and one by one."""

from typing import Any

import pytest
from django.db import connection

from notifications.segments.people import count, sample
from notifications.segments.people.audience import where, where_of
from notifications.segments.people.bounded import TooSlow, at_most, rows
from notifications.segments.people.count import Count
from notifications.segments.rules.parse import read
from notifications.segments.rules.sql import Where
from preferences.models import Recipient
from tests.notifications.segments.conftest import MakeSegment

pytestmark = pytest.mark.django_db

PRO: dict[str, Any] = {"attribute": "plan", "is": "pro"}
SLOW = Where("r.id IN (SELECT r.id FROM pg_sleep(0.2))", [])


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE recipient")


@pytest.mark.usefixtures("people")
def test_a_small_table_is_counted_exactly() -> None:
    assert count.count(where_of(read(PRO), 0)) == Count(20, exact=True)


def test_who_was_erased_is_not_counted(people: list[Recipient]) -> None:
    Recipient.objects.filter(pk=people[1].pk).update(erased_at="2026-01-01T00:00Z")
    assert count.count(where_of(read(PRO), 0)).n == 19


def test_a_large_table_is_counted_by_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    Recipient.objects.bulk_create(
        Recipient(external_id=f"u{n}", attributes={"odd": n % 2}) for n in range(3_000)
    )
    analyze()
    for name, value in (("SAMPLED", 1_000), ("CHEAP", 0), ("SECONDS", 0.0)):
        monkeypatch.setattr(count, name, value)
    monkeypatch.setattr(count, "SECONDS", 5.0)
    monkeypatch.setattr(count, "_exactly", lambda _: None)
    found = count.count(where_of(read({"attribute": "odd", "is": 1}), 0))
    assert not found.exact
    assert 1_300 < found.n < 1_700


@pytest.mark.usefixtures("people")
def test_a_table_that_was_emptied_since_the_database_looked_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(count, "CHEAP", 0)
    monkeypatch.setattr(count, "people_in_table", lambda: 10**9)
    assert count.count(where_of(read(PRO), 0)) == Count(20, exact=True)


@pytest.mark.usefixtures("people")
def test_what_takes_too_long_is_estimated_by_the_planner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count, "SECONDS", 0.05)
    assert not count.count(SLOW).exact


@pytest.mark.parametrize(("number", "shown"), [(7.4, 7), (0, 0), (12_412, 12_000), (999.6, 1_000)])
def test_an_estimate_says_no_more_than_it_knows(number: float, shown: int) -> None:
    assert count.rounded(number) == shown


def test_a_statement_is_ended_after_its_time_and_the_connection_goes_on() -> None:
    with pytest.raises(TooSlow), at_most(0.05):
        rows("SELECT pg_sleep(5)", [])
    assert rows("SELECT current_setting('statement_timeout')", []) == [("0",)]


@pytest.mark.usefixtures("people")
def test_a_sample_is_the_same_for_the_same_seed() -> None:
    first, again, other = (sample.sample(read(PRO), 0, seed) for seed in (1, 1, 2))
    assert first == again != other
    assert len(first) == sample.PEOPLE


@pytest.mark.usefixtures("people")
def test_a_sample_says_why_somebody_is_in_it() -> None:
    rules = {"any": [PRO, {"locale": "de"}]}
    person = sample.sample(read(rules), 0)[0]
    assert person.reasons == [
        ("rules.any[0]", "plan is pro", True),
        ("rules.any[1]", "language is de", False),
    ]


def test_the_sample_of_a_small_group_is_all_of_it(people: list[Recipient]) -> None:
    Recipient.objects.filter(pk__in=[people[3].pk, people[40].pk]).update(locale="de")
    found = sample.sample(read({"locale": "de"}), 0)
    assert [one.external_id for one in found] == ["user-3", "user-40"]


@pytest.mark.parametrize(
    ("wanted", "kept"), [("he", "iw-IL"), ("nb", "no-NO"), ("zh-Hant", "zh-TW"), ("iw", "he-IL")]
)
def test_people_are_found_by_a_former_name_of_their_language(
    people: list[Recipient], wanted: str, kept: str
) -> None:
    Recipient.objects.filter(pk=people[3].pk).update(locale=kept)
    found = sample.sample(read({"locale": wanted}), 0)
    assert [one.external_id for one in found] == ["user-3"]


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(("name", "is_in"), [("user-1", True), ("user-2", False)])
def test_one_person_is_in_it_or_not_and_is_told_why(name: str, is_in: bool) -> None:
    found = sample.member(read({"not": {"not": PRO}}), 0, name)
    assert found == (is_in, [("rules.not.not", "plan is pro", is_in)])


def test_nobody_of_that_name_is_no_member() -> None:
    assert sample.member(read(PRO), 0, "nobody") is None


@pytest.mark.usefixtures("people")
def test_a_segment_within_another_brings_its_own_list(make_segment: MakeSegment) -> None:
    inner = make_segment({"member_of_upload": True}, "listed")
    outer = make_segment({"all": [{"segment": "listed"}, PRO]}, "both")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO segment_member SELECT %s, id, 1 FROM recipient"
            " WHERE external_id IN ('user-1', 'user-2')",
            [inner.pk],
        )
    assert count.count(where(outer)) == Count(1, exact=True)


def test_two_segments_that_name_each_other_hold_nobody(make_segment: MakeSegment) -> None:
    """No service writes that; two at once might."""
    one, other = make_segment(PRO, "one"), make_segment({"segment": "one"}, "other")
    type(one).objects.filter(pk=one.pk).update(rules={"segment": "other"})
    assert count.count(where(other)).n == 0
