"""The SQL of rules against their meaning, said a second time in Python, in a real Postgres.

Each condition meets everything that people may hold, and random rules made of them meet it, too.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications.segments.models import Segment
from notifications.segments.people.audience import where_of
from notifications.segments.rules.parse import LEAVES, read
from notifications.segments.rules.values import OPERATORS
from tests.notifications.segments.evaluation import Rules, Someone, holds
from tests.notifications.segments.people import people_store

pytestmark = pytest.mark.django_db

AT = datetime(2026, 6, 15, 12, 30, tzinfo=UTC)
TODAY = date(2026, 6, 15)
DAYS = [TODAY + timedelta(days=n) for n in (-31, -30, -1, 0, 1, 7, 8)]
NASTY = ['it\'s "q"', "%s", "%(x)s", "a.b", "$.*", "\\"]

SCALARS: list[Any] = ["pro", "Pro", "ro", "a'b", '"', "\\", "%", "%s", "5", "true", "ü"]
SCALARS += [0, 1, 1.0, -2, 5, 5.5, 1e9, 0.1, 123456789012345, True, False]
HELD: list[Any] = [*SCALARS, None, [], ["pro", 5], ["pro-2"], [True], [["pro"]], {"plan": "pro"}]
HELD += [str(day) for day in DAYS] + ["2026-06-15T23:30:00Z", "2026-06-14 01:00", "2026-06-15x"]
HELD += ["2026-02-30", "", "20260610", "2026-06-1", "2026-06-10T99:99", "pro-2", "x" * 300]
LOCALES = ["", "de", "de-AT", "de-CH-1996", "den", "en", "pt-BR", "DE"]
ZONES = ["UTC", "Europe/Vienna", "Europe/Paris", "Europe", "America/New_York", "Etc/GMT+5"]
INSTANTS = [AT - timedelta(days=n, seconds=s) for n in (0, 1, 7, 30) for s in (-1, 0, 1)]
INSTANTS += [datetime(2026, 6, 14, tzinfo=UTC) + timedelta(microseconds=n) for n in (-1, 0, 1)]
INSTANTS += [datetime(2026, 6, 15, tzinfo=UTC) + timedelta(microseconds=n) for n in (-1, 0)]

PEOPLE = [
    *(Someone({"plan": held}) for held in HELD),
    *(Someone({name: "pro"}) for name in NASTY),
    *(Someone(locale=locale) for locale in LOCALES),
    *(Someone(timezone=zone) for zone in ZONES),
    *(Someone(created_at=instant) for instant in INSTANTS),
    Someone(works={"push"}),
    Someone(works={"push", "email"}, suppressed={"push"}),
    Someone(suppressed={"push"}),
    Someone(works={"email"}, broken={"push"}),
    *(Someone(opened={day: 1}, received=day) for day in DAYS),
    *(Someone(opened={day: 2, TODAY: 1}) for day in DAYS),
    Someone(uploaded=True),
    Someone({"plan": "pro", "%s": 5}, "de-AT", "Europe/Vienna", works={"email"}, uploaded=True),
]


TAKEN: dict[str, list[Any]] = {
    "in": [["pro"], ["pro", 5, True], [1.0, "5"], [*SCALARS]],
    "contains": ["PRO", "-", "%", "\\", "5", "x" * 200],
    "starts_with": ["PRO", "ro", "%", "\\", '"'],
    "greater": [0, 5, 5.5, -3, 1e9],
    "less": [0, 5, 5.5, -3, 0.1],
    "between": [[5, 5.5], [0, 1], [-2, -2], [2, 4]],
    "exists": [True, False],
    "before": [*map(str, DAYS)],
    "after": [*map(str, DAYS)],
    "within_days": [0, 1, 7, 30, 31],
    "in_next_days": [0, 1, 7, 30],
}


def conditions() -> Iterator[Rules]:
    for name in ("plan", *NASTY):
        for operator in ("is", "is_not", "has"):
            yield from ({"attribute": name, operator: value} for value in SCALARS)
    for operator, values in TAKEN.items():
        yield from ({"attribute": "plan", operator: value} for value in values)
    yield from ({"locale": tags} for tags in ("de", "de-at", "en", ["DE", "en"]))
    yield from ({"timezone": names} for names in ("UTC", "Europe/", ["Europe/Vienna", "Etc/"]))
    yield from ({"reachable": channel} for channel in ("push", "email", "sms", "inbox"))
    for day in ("2026-06-13", "2026-06-14", "2026-06-15"):
        yield from ({"created": {operator: day}} for operator in ("before", "after"))
    yield from ({"created": {"within_days": n}} for n in (0, 1, 7, 30))
    for n in (0, 1, 7, 30, 31):
        yield {"activity": "received", "within_days": n}
        yield from (
            {"activity": "opened", "within_days": n, "at_least": times} for times in (1, 2, 3, 4)
        )
    yield {"activity": "opened"}
    yield {"member_of_upload": True}


CONDITIONS = list(conditions())
Choose = Callable[[Rules], set[int]]


@pytest.fixture
def choose(db: None) -> Choose:
    """Places in PEOPLE that the SQL of the rules finds."""
    segment = Segment.objects.create(slug="some", name="Some")
    ids = people_store(PEOPLE, segment.pk, AT)

    def chosen(rules: Rules) -> set[int]:
        audience = where_of(read(rules), segment.pk, AT)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT r.id FROM recipient r WHERE {audience.sql}", audience.params)
            return {ids.index(row[0]) for row in cursor.fetchall()}

    return chosen


def meant(rules: Rules) -> set[int]:
    return {place for place, who in enumerate(PEOPLE) if holds(rules, who, AT)}


def test_each_condition_chooses_whom_it_means(choose: Choose) -> None:
    wrong = {
        json.dumps(rules): [PEOPLE[i] for i in found ^ expected]
        for rules in CONDITIONS
        if (found := choose(rules)) != (expected := meant(rules))
    }
    assert wrong == {}


def test_every_kind_of_condition_tells_people_apart() -> None:
    """Else it would prove nothing above."""
    telling = [rules for rules in CONDITIONS if 0 < len(meant(rules)) < len(PEOPLE)]
    words = {word for rules in telling for word in rules}
    assert words >= {*OPERATORS, *LEAVES} - {"segment"}


RULES = st.recursive(
    st.sampled_from(CONDITIONS),
    lambda inside: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inside, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inside, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inside}),
    ),
    max_leaves=8,
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rules=RULES)
def test_rules_made_of_them_choose_whom_they_mean(choose: Choose, rules: Rules) -> None:
    assert choose(rules) == meant(rules)
