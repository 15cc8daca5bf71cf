"""Conditions on what somebody's attributes hold: SQL for each operator. Pure.

None can fail on what is stored there: what is of another kind than the comparison is false.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from notifications.segments.rules.sql import Where, days_from
from notifications.segments.rules.tree import Scalar

INDEXED_MOST = 10  # values of `in` that are looked up one by one; more are compared row by row

FIELD = "r.attributes -> %s"
TEXT = "r.attributes ->> %s"


def _holds(name: str, value: object) -> Where:
    """By the index on attributes."""
    text = json.dumps({name: value}, ensure_ascii=False, allow_nan=False)
    return Where("r.attributes @> %s::jsonb", [text])


def _is(name: str, value: Any, at: datetime) -> Where:
    return _holds(name, value)


def _is_not(name: str, value: Any, at: datetime) -> Where:
    return Where("NOT r.attributes @> %s::jsonb", _holds(name, value).params)


def _in(name: str, value: Sequence[Scalar], at: datetime) -> Where:
    if len(value) <= INDEXED_MOST:
        each = [_holds(name, one) for one in value]
        sql = " OR ".join(one.sql for one in each)
        return Where(f"({sql})", [param for one in each for param in one.params])
    texts = [json.dumps(one, ensure_ascii=False) for one in value]
    return Where(f"COALESCE({FIELD} = ANY(%s::jsonb[]), FALSE)", [name, texts])


def _has(name: str, value: Any, at: datetime) -> Where:
    return _holds(name, [value])


def _when(kind: str, name: str, test: str, values: Sequence[Any]) -> Where:
    """A comparison only of what is of that kind: CASE looks at it first."""
    sql = f"CASE jsonb_typeof({FIELD}) WHEN '{kind}' THEN {test} ELSE FALSE END"
    return Where(sql, [name, *values])


def _contains(name: str, value: str, at: datetime) -> Where:
    return _when("string", name, f"strpos(lower({TEXT}), lower(%s)) > 0", [name, value])


def _starts_with(name: str, value: str, at: datetime) -> Where:
    return _when("string", name, f"starts_with(lower({TEXT}), lower(%s))", [name, value])


def _greater(name: str, value: Any, at: datetime) -> Where:
    return _when("number", name, f"({FIELD})::numeric > %s::numeric", [name, repr(value)])


def _less(name: str, value: Any, at: datetime) -> Where:
    return _when("number", name, f"({FIELD})::numeric < %s::numeric", [name, repr(value)])


def _between(name: str, value: Sequence[Any], at: datetime) -> Where:
    test = f"({FIELD})::numeric BETWEEN %s::numeric AND %s::numeric"
    return _when("number", name, test, [name, *map(repr, value)])


def _exists(name: str, value: bool, at: datetime) -> Where:
    sql = f"COALESCE(jsonb_typeof({FIELD}), 'null') {'<>' if value else '='} 'null'"
    return Where(sql, [name])


# A day is compared as text: nothing has to be cast, so that no text somebody stored can fail.
A_DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]|$)"


def _day(name: str, test: str, *days: Any) -> Where:
    own = f'left({TEXT}, 10) COLLATE "C"'
    sql = f"CASE WHEN {TEXT} ~ %s THEN {own} {test} ELSE FALSE END"
    return Where(sql, [name, A_DAY, name, *(str(day) for day in days)])


def _before(name: str, value: Any, at: datetime) -> Where:
    return _day(name, "< %s", value)


def _after(name: str, value: Any, at: datetime) -> Where:
    return _day(name, "> %s", value)


def _within_days(name: str, value: int, at: datetime) -> Where:
    return _day(name, "BETWEEN %s AND %s", days_from(at, -value), at.date())


def _in_next_days(name: str, value: int, at: datetime) -> Where:
    return _day(name, "BETWEEN %s AND %s", at.date(), days_from(at, value))


ATTRIBUTE: dict[str, Callable[[str, Any, datetime], Where]] = {
    "is": _is,
    "is_not": _is_not,
    "in": _in,
    "has": _has,
    "contains": _contains,
    "starts_with": _starts_with,
    "greater": _greater,
    "less": _less,
    "between": _between,
    "exists": _exists,
    "before": _before,
    "after": _after,
    "within_days": _within_days,
    "in_next_days": _in_next_days,
}
