"""A condition in plain words. Pure."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from notifications.segments.rules.tree import (
    Activity,
    Attribute,
    Created,
    InSegment,
    Leaf,
    Locale,
    Reachable,
    Timezone,
)

VALUES_SHOWN = 5


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _some(values: Iterable[Any], last: str = "or") -> str:
    texts = list(map(_value, values))
    shown = texts[:VALUES_SHOWN]
    if len(texts) > VALUES_SHOWN:
        return f"{', '.join(shown)} {last} {len(texts) - VALUES_SHOWN} more"
    return f" {last} ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _days(n: int) -> str:
    return "today" if n == 0 else f"in the last {n} day{'' if n == 1 else 's'}"


OPERATORS: dict[str, Callable[[Any], str]] = {
    "is": lambda value: f"is {_value(value)}",
    "is_not": lambda value: f"is not {_value(value)}",
    "in": lambda value: f"is {_some(value)}",
    "has": lambda value: f"has {_value(value)} in its list",
    "contains": lambda value: f"contains {value}",
    "starts_with": lambda value: f"starts with {value}",
    "greater": lambda value: f"is greater than {_value(value)}",
    "less": lambda value: f"is less than {_value(value)}",
    "between": lambda value: f"is from {_value(value[0])} to {_value(value[1])}",
    "exists": lambda value: "is known" if value else "is not known",
    "before": lambda value: f"is before {value}",
    "after": lambda value: f"is after {value}",
    "within_days": lambda value: f"was {_days(value)}",
    "in_next_days": lambda value: f"is today or in the next {value} days",
}


def description_of(leaf: Leaf) -> str:
    match leaf:
        case Attribute():
            return f"{leaf.name} {OPERATORS[leaf.operator](leaf.value)}"
        case Created():
            return f"creation date {OPERATORS[leaf.operator](leaf.value)}"
        case Locale():
            return f"language is {_some(leaf.tags)}"
        case Timezone():
            return f"time zone is {_some(leaf.names)}"
        case Reachable():
            return f"can be reached by {leaf.channel.replace('_', ' ')}"
        case Activity():
            return _activity(leaf)
        case InSegment():
            return f"is in the segment {leaf.slug}"
        case _:
            return "is in the uploaded list"


def _activity(leaf: Activity) -> str:
    what = f"a message of {leaf.type}" if leaf.type else "a message"
    campaign = f" of campaign {leaf.campaign}" if leaf.campaign else ""
    times = f" at least {leaf.at_least} times" if leaf.at_least > 1 else ""
    return f"{leaf.kind} {what}{campaign}{times} {_days(leaf.within_days)}"
