"""The single values of rules: read and checked. Pure; each raises ValueError with what to mend."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from notifications.segments.rules.tree import Scalar

TEXT_MOST = 200  # characters
LIST_MOST = 100
NUMBER_MOST = 1e15
DAYS_MOST = 36_500
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
TAG = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*")
ZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]*)*")


def text(value: object) -> str:
    if not isinstance(value, str) or not value or len(value) > TEXT_MOST:
        raise ValueError(f"Must be a string of 1 to {TEXT_MOST} characters.")
    if "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
        raise ValueError("Must not contain U+0000 or an unpaired surrogate.")
    return value


def number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("A number.")
    if not -NUMBER_MOST <= value <= NUMBER_MOST:  # nor is NaN
        raise ValueError(f"Must be a number of at most {NUMBER_MOST:,.0f}.")
    return value


def scalar(value: object) -> Scalar:
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return number(value)
    if isinstance(value, str):
        return text(value)
    raise ValueError("Must be a string, a number or a boolean.")


def flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("Must be true or false.")
    return value


def day(value: object) -> date:
    if isinstance(value, str) and DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError("Must be a date, such as 2026-05-31.")


def whole(low: int, high: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"Must be an integer between {low} and {high:,}.")
        return value

    return read


def several(read: Callable[[object], Any]) -> Callable[[object], tuple[Any, ...]]:
    def read_all(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list) or not 1 <= len(value) <= LIST_MOST:
            raise ValueError(f"Must be a list of 1 to {LIST_MOST} values.")
        return tuple(map(read, value))

    return read_all


def one_or_several(read: Callable[[object], Any]) -> Callable[[object], tuple[Any, ...]]:
    def read_any(value: object) -> tuple[Any, ...]:
        return several(read)(value if isinstance(value, list) else [value])

    return read_any


def span(value: object) -> tuple[Scalar, Scalar]:
    """Both ends belong to it."""
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError("Must be two numbers, the lower one first.")
    low, high = map(number, value)
    if low > high:
        raise ValueError("Must be two numbers, the lower one first.")
    return low, high


def one_of(options: tuple[str, ...]) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in options:
            raise ValueError(f"Must be one of {', '.join(options)}.")
        return str(value)

    return read


def tag(value: object) -> str:
    if not isinstance(value, str) or not TAG.fullmatch(value) or len(value) > 35:
        raise ValueError("Must be a locale, such as de or de-AT.")
    return value


def zone(value: object) -> str:
    if not isinstance(value, str) or not ZONE.fullmatch(value) or len(value) > 64:
        raise ValueError(
            "Must be a time zone, such as Europe/Vienna, or a region, such as Europe/."
        )
    return value


def slug(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[-a-zA-Z0-9_]{1,50}", value):
        raise ValueError("Must be a slug: letters, digits, hyphens and underscores.")
    return value


_days = whole(0, DAYS_MOST)

# What each operator of an attribute takes.
OPERATORS: dict[str, Callable[[object], Any]] = {
    "is": scalar,
    "is_not": scalar,
    "in": several(scalar),
    "has": scalar,
    "contains": text,
    "starts_with": text,
    "greater": number,
    "less": number,
    "between": span,
    "exists": flag,
    "before": day,
    "after": day,
    "within_days": _days,
    "in_next_days": _days,
}
CREATED: dict[str, Callable[[object], Any]] = {
    "before": day,
    "after": day,
    "within_days": _days,
}
