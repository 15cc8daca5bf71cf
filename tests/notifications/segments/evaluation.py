"""What rules mean, said a second time in plain Python: the SQL has to agree with it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

Rules = dict[str, Any]
DAY = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?", re.ASCII | re.DOTALL)


@dataclass
class Someone:
    attributes: dict[str, Any] = field(default_factory=dict)
    locale: str = ""
    timezone: str = "UTC"
    created_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    works: set[str] = field(default_factory=set)  # channels
    broken: set[str] = field(default_factory=set)
    suppressed: set[str] = field(default_factory=set)
    opened: dict[date, int] = field(default_factory=dict)
    received: date | None = None
    uploaded: bool = False


def holds(rules: Rules, who: Someone, at: datetime) -> bool:
    match rules:
        case {"all": parts}:
            return all(holds(part, who, at) for part in parts)
        case {"any": parts}:
            return any(holds(part, who, at) for part in parts)
        case {"not": part}:
            return not holds(part, who, at)
    kind = next(name for name in rules if name in LEAVES)
    return LEAVES[kind](who, rules[kind], rules, at)


def attribute(who: Someone, name: str, rules: Rules, at: datetime) -> bool:
    own = who.attributes.get(name)
    operator, value = next((op, v) for op, v in rules.items() if op != "attribute")
    if operator in ANY_KIND:
        return bool(ANY_KIND[operator](own, value))
    if operator in OF_NUMBERS:
        return is_number(own) and bool(OF_NUMBERS[operator](own, value))
    if operator in OF_TEXTS:
        return isinstance(own, str) and bool(OF_TEXTS[operator](own.lower(), value.lower()))
    if not isinstance(own, str) or not DAY.fullmatch(own):
        return False
    return bool(OF_DAYS[operator](own[:10], value, at))


def same(left: Any, right: Any) -> bool:
    """As JSON has it: 1 is 1.0, and true is not 1."""
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def has(own: Any, value: Any) -> bool:
    return isinstance(own, list) and any(same(one, value) for one in own)


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def day(at: datetime, days: int) -> str:
    return str(at.date() + timedelta(days=days))


ANY_KIND: dict[str, Callable[[Any, Any], bool]] = {
    "is": same,
    "is_not": lambda own, value: not same(own, value),
    "in": lambda own, value: any(same(own, one) for one in value),
    "has": has,
    "exists": lambda own, value: (own is not None) is value,
}
OF_NUMBERS: dict[str, Callable[[Any, Any], bool]] = {
    "greater": lambda own, value: own > value,
    "less": lambda own, value: own < value,
    "between": lambda own, value: value[0] <= own <= value[1],
}
OF_TEXTS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda own, value: value in own,
    "starts_with": lambda own, value: own.startswith(value),
}
OF_DAYS: dict[str, Callable[[str, Any, datetime], bool]] = {
    "before": lambda own, value, at: own < value,
    "after": lambda own, value, at: own > value,
    "within_days": lambda own, value, at: day(at, -value) <= own <= day(at, 0),
    "in_next_days": lambda own, value, at: day(at, 0) <= own <= day(at, value),
}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def locale(who: Someone, value: Any, rules: Rules, at: datetime) -> bool:
    own = who.locale.lower()
    return any(own == tag or own.startswith(tag + "-") for tag in map(str.lower, listed(value)))


def timezone(who: Someone, value: Any, rules: Rules, at: datetime) -> bool:
    return any(
        who.timezone == name or (name.endswith("/") and who.timezone.startswith(name))
        for name in listed(value)
    )


def created(who: Someone, said: Rules, rules: Rules, at: datetime) -> bool:
    operator, value = next(iter(said.items()))
    if operator == "within_days":
        return who.created_at >= at - timedelta(days=value)
    return OF_DAYS[operator](str(who.created_at.date()), value, at)


def active(who: Someone, kind: str, rules: Rules, at: datetime) -> bool:
    since = at.date() - timedelta(days=rules.get("within_days", 30))
    if kind == "received":
        return who.received is not None and who.received >= since
    n = sum(n for day, n in who.opened.items() if day >= since)
    return bool(n >= rules.get("at_least", 1))


LEAVES: dict[str, Callable[[Someone, Any, Rules, datetime], bool]] = {
    "attribute": attribute,
    "locale": locale,
    "timezone": timezone,
    "reachable": lambda who, value, *_: value in ({"inbox"} | who.works) - who.suppressed,
    "created": created,
    "activity": active,
    "member_of_upload": lambda who, *_: who.uploaded,
}
