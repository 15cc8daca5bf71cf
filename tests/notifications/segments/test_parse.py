"""What may stand in rules, and how it is said what may not."""

from typing import Any

import pytest

from notifications.segments.rules.parse import DEPTH_MOST, LEAVES_MOST, WrongRules, read
from notifications.segments.rules.tree import Every

PLAN: dict[str, Any] = {"attribute": "plan", "is": "pro"}


def places(rules: object) -> list[str]:
    with pytest.raises(WrongRules) as caught:
        read(rules)
    return sorted(caught.value.problems)


def nested(levels: int) -> dict[str, Any]:
    return PLAN if levels == 1 else {"not": nested(levels - 1)}


def test_a_group_of_nothing_is_everybody() -> None:
    assert read({"all": []}) == Every("rules", ())


@pytest.mark.parametrize(
    ("rules", "place"),
    [
        (None, "rules"),
        ([], "rules"),
        ({}, "rules"),
        ({"any": []}, "rules.any"),
        ({"all": [{"all": []}]}, "rules.all[0].all"),
        ({"all": PLAN}, "rules.all"),
        ({**PLAN, "locale": "de"}, "rules"),
        ({"sql": "TRUE"}, "rules"),
        ({"not": {"not": 1}}, "rules.not.not"),
        ({"attribute": "plan"}, "rules"),
        ({"attribute": "plan", "is": "a", "in": ["a"]}, "rules"),
        ({"attribute": "", "is": "a"}, "rules.attribute"),
        ({"attribute": "p" * 201, "is": "a"}, "rules.attribute"),
        ({"attribute": "plan", "is": None}, "rules.is"),
        ({"attribute": "plan", "is": "a\x00b"}, "rules.is"),
        ({"attribute": "plan", "is": "\ud800"}, "rules.is"),
        ({"attribute": "plan", "is": "x" * 201}, "rules.is"),
        ({"attribute": "plan", "in": []}, "rules.in"),
        ({"attribute": "plan", "in": ["a"] * 101}, "rules.in"),
        ({"attribute": "age", "greater": "5"}, "rules.greater"),
        ({"attribute": "age", "greater": True}, "rules.greater"),
        ({"attribute": "age", "greater": float("nan")}, "rules.greater"),
        ({"attribute": "age", "is": 10**400}, "rules.is"),
        ({"attribute": "age", "between": [5, 1]}, "rules.between"),
        ({"attribute": "since", "before": "2026-02-30"}, "rules.before"),
        ({"attribute": "since", "within_days": -1}, "rules.within_days"),
        ({"attribute": "plan", "exists": "yes"}, "rules.exists"),
        ({"attribute": "plan", "is": "a", "or": 1}, "rules.or"),
        ({"locale": "de_AT"}, "rules.locale"),
        ({"timezone": "'; DROP TABLE recipient"}, "rules.timezone"),
        ({"reachable": "fax"}, "rules.reachable"),
        ({"created": "2026-01-01"}, "rules.created"),
        ({"created": {"since": "2026-01-01"}}, "rules.created.since"),
        ({"activity": "slept"}, "rules.activity"),
        ({"activity": "opened", "within_days": 181}, "rules.within_days"),
        ({"activity": "opened", "at_least": 0}, "rules.at_least"),
        ({"activity": "received", "at_least": 2}, "rules.at_least"),
        ({"activity": "opened", "campaign": 2**63}, "rules.campaign"),
        ({"segment": "a b"}, "rules.segment"),
        ({"member_of_upload": False}, "rules.member_of_upload"),
        (nested(DEPTH_MOST + 1), "rules" + ".not" * DEPTH_MOST),
        ({"any": [PLAN] * (LEAVES_MOST + 1)}, "rules"),
    ],
)
def test_what_is_wrong_is_told_by_its_place(rules: object, place: str) -> None:
    assert place in places(rules)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    rules = {"all": [PLAN, {"any": [{"activity": "opened", "within_days": 999}, {"locale": 5}]}]}
    assert places(rules) == ["rules.all[1].any[0].within_days", "rules.all[1].any[1].locale"]


def test_a_million_levels_are_refused_like_seven() -> None:
    deep: Any = PLAN
    for _ in range(100_000):
        deep = {"not": deep}
    assert places(deep) == ["rules" + ".not" * DEPTH_MOST]


def test_as_much_as_is_allowed_is_read() -> None:
    read({"any": [PLAN] * LEAVES_MOST})
    read(nested(DEPTH_MOST))
