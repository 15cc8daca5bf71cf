"""Filters of log lists, with short names in the address: `?state=failed&channel=sms`."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from unfold.contrib.filters.admin import DropdownFilter, TextFilter

from notifyproj.core.api.instants import is_in_range
from notifyproj.core.clock import now

Choices = Iterable[tuple[str, str]]


def choice(
    name: str,
    title: str,
    choices: Callable[[], Choices],
    where: Callable[[str], Q],
    *,
    others: bool = False,
) -> type[SimpleListFilter]:
    """A dropdown. `where` is asked only for what is among the choices, or for `others`, too."""

    class Filter(DropdownFilter):  # type: ignore[misc]  # Unfold has no types
        parameter_name = name

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            found = list(choices())
            asked = request.GET.get(name, "")
            return [*found, (asked, asked)] if others and asked not in dict(found) else found

        def has_output(self) -> bool:
            return True

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            value = self.value()
            if not value:
                return queryset
            known = others or value in dict(self.lookup_choices)
            return queryset.filter(where(value)) if known else queryset.none()

    Filter.title = title
    Filter.__name__ = f"{name.title()}Filter"
    return Filter


def typed(
    name: str, title: str, where: Callable[[str], Q], *, keys: bool = False
) -> type[SimpleListFilter]:
    """A field. `where` raises ValueError for what it cannot read: then nothing is found.

    `keys`: it bounds the keys, so what is looked at begins there.
    """

    class Filter(TextFilter):  # type: ignore[misc]  # Unfold has no types
        parameter_name = name
        bounds_keys = keys

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            value = (self.value() or "").strip()
            try:
                return queryset.filter(where(value)) if value else queryset
            except (ValueError, ValidationError):
                return queryset.none()

    Filter.title = title
    Filter.__name__ = f"{name.title()}Filter"
    return Filter


def since_until(
    where: Callable[[str, datetime], Q], *, keys: bool = False
) -> Iterator[type[SimpleListFilter]]:
    """Two fields that take `2026-11-27 10:00` (UTC), `2026-11-27`, or `2h`, `3d` for how long ago.

    `where(lookup, instant)`: lookup is `gte` or `lt`.
    """
    since, until = "since (UTC, or 2h, 3d ago)", "until (UTC)"
    yield typed("since", since, lambda text: where("gte", instant(text)), keys=keys)
    yield typed("until", until, lambda text: where("lt", instant(text)), keys=keys)


UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def instant(text: str) -> datetime:
    """Raises ValueError."""
    if text[:-1].isdecimal() and text[-1] in UNITS:
        return now() - timedelta(**{UNITS[text[-1]]: min(int(text[:-1]), 100_000)})
    padded = f"{text}T00:00" if len(text) == len("2026-11-27") else text
    found = parse_datetime(padded.replace(" ", "T"))
    if found is None:
        raise ValueError(text)
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    if not is_in_range(aware):
        raise ValueError(text)
    return aware
