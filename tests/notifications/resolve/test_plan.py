"""Thinking once for all who look alike changes nothing for anybody."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from channels.base import Lane
from notifications.resolve.plan import Alike, Facts, rows_for, rows_of
from notifications.resolve.rows import Job, Row, with_caps
from preferences.decision.values import Limits, Over, PersonRules, TypeRules
from preferences.facts.cap_counter import NOTHING, Counted
from preferences.facts.facts import Person, Point
from preferences.facts.types import Fallback, TypeValue

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CHANNELS = ("push", "sms", "inbox")
RULES = (
    PersonRules({}),
    PersonRules({}, "Asia/Tokyo", (time(20), time(8))),
    PersonRules({(None, "push"): False}),
    PersonRules({}, erased=True),
)
COUNTED = (
    NOTHING,
    Counted(Limits(), ("a5/d:1",)),
    Counted(Limits(), ("a5/d:2",)),
    Counted(Limits(duplicate=True)),
    Counted(Limits(over=Over("5 a day", "defer", NOW + timedelta(hours=9))), ("a5/d:!",)),
)
TYPE = TypeValue(
    *(7, "offers", CHANNELS, Lane.BULK, False, False, 60, ""),
    rules=TypeRules(7, opt_in_channels=frozenset({"sms"})),
)
JOB = Job(
    *("01a201d5-fa3f-7523-a744-eb6e91518456", 1_795_000_000_000, TYPE, 1, Lane.BULK),
    channels=("push", "inbox"),
    expires_at=NOW + timedelta(days=1),
    recipients=(),
    fallbacks=(Fallback("push", "sms", "accepted", 10.0),),
)

kinds = st.tuples(
    st.sampled_from(("push", "sms")), st.sampled_from((1, 2)), st.booleans(), st.booleans()
)
crowds = st.lists(
    st.tuples(st.sampled_from(RULES), st.lists(kinds, max_size=3), st.sampled_from(COUNTED)),
    min_size=1,
    max_size=8,
)


def point(id_: int, person: int, kind: tuple[str, int, bool, bool]) -> Point:
    channel, app, active, suppressed = kind
    return Point(
        id=id_,
        recipient_id=person,
        channel=channel,
        app_id=app,
        address=b"",
        address_hash=b"",
        active=active,
        suppressed=suppressed,
        area="",
    )


def facts_of(
    crowd: Sequence[tuple[PersonRules, list[tuple[str, int, bool, bool]], Counted]],
) -> Facts:
    facts = Facts({}, {})
    for id_, (rules, of_person, _) in enumerate(crowd):
        facts.people[id_] = Person(
            id=id_, external_id=str(id_), data_key=None, locale="en", rules=rules
        )
        for n, kind in enumerate(of_person):
            made = point(100 * id_ + n, id_, kind)
            facts.points.setdefault((id_, kind[0]), []).append(made)
    return facts


def by_oneself(facts: Facts, id_: int, counted: Counted, full: frozenset[str]) -> list[Row]:
    rows = rows_of(
        JOB, person=facts.people[id_], facts=facts, full=full, now=NOW, limits=counted.limits
    )
    return [row._replace(trace=with_caps(row.trace, counted.taken)) for row in rows]


@settings(max_examples=200)
@given(crowds, st.sampled_from((frozenset[str](), frozenset({"push"}))))
def test_everybody_gets_what_they_would_get_by_themselves(
    crowd: list[tuple[PersonRules, list[tuple[str, int, bool, bool]], Counted]],
    full: frozenset[str],
) -> None:
    facts = facts_of(crowd)
    alike = Alike(JOB, facts, full, NOW)

    for id_, (_, _, counted) in enumerate(crowd):
        looks = alike.looks(facts.people[id_])
        plan = alike.plan(facts.people[id_], looks, counted)

        assert rows_for(JOB, plan, id_, looks.points) == by_oneself(facts, id_, counted, full)
