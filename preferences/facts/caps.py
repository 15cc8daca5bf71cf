"""The caps as values, at most two seconds old: which a type counts towards, and their windows.

A day and a week are those of the person's own clock, so that a limit does not begin anew in the
middle of somebody's afternoon.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from notifyproj.core.snapshot import Snapshot
from preferences.decision.cap_words import cap_word
from preferences.decision.quiet_hours import zone_of
from preferences.decision.values import category_key
from preferences.facts.types import TypeValue
from preferences.models import Cap

ALL = ""
SLACK = timedelta(minutes=5)  # clocks differ: a window is kept a little longer than it lasts
FARTHEST_WEST = timedelta(hours=12)  # where a day ends last


@dataclass(frozen=True, slots=True)
class CapValue:
    """At most `most` a `per` to a person, of what the three others name."""

    id: int
    most: int
    per: str
    type_id: int | None = None
    category: str = ALL
    legal_class: str = ALL

    @property
    def words(self) -> str:
        return f"{self.most} {'an' if self.per == Cap.Per.HOUR else 'a'} {self.per}"

    @property
    def local(self) -> bool:
        return self.per != Cap.Per.HOUR

    def word(self, n: str) -> str:
        """What is kept of it: see `cap_words.py`."""
        scope = "t" if self.type_id is not None else "c" if self.category else "a"
        return cap_word(scope, self.legal_class, self.most, self.per, n)

    def counts(self, type_: TypeValue) -> bool:
        return (
            self.type_id in (None, type_.id)
            and self.category in (ALL, type_.rules.category)
            and self.legal_class in (ALL, type_.rules.legal_class)
        )


class Window(NamedTuple):
    label: str
    ends: datetime
    kept_until: datetime  # the same for all whose window has this label, wherever they are


def caps_of(type_: TypeValue) -> tuple[CapValue, ...]:
    """The narrowest first; none hold for what is mandatory."""
    known = caps.get()
    if not known or type_.rules.mandatory:
        return ()
    return tuple(cap for cap in known if cap.counts(type_))


def window(per: str, zone: str, now: datetime) -> Window:
    if per == Cap.Per.HOUR:
        hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        ends = hour + timedelta(hours=1)
        return Window(f"{hour:%Y%m%d%H}", ends, ends + SLACK)
    local = now.astimezone(zone_of(zone))
    day, label, days = local.date(), f"{local:%Y%m%d}", 1
    if per == Cap.Per.WEEK:
        year, week, weekday = day.isocalendar()
        label, days = f"{year}W{week:02}", 8 - weekday
    last = day + timedelta(days=days)
    ends = datetime.combine(last, time(), local.tzinfo).astimezone(UTC)
    return Window(label, ends, datetime.combine(last, time(), UTC) + FARTHEST_WEST + SLACK)


def _load() -> tuple[CapValue, ...]:
    return tuple(sorted(map(_value, Cap.objects.all()), key=_breadth))


def _value(row: Cap) -> CapValue:
    category = category_key(row.category_id) if row.category_id else ALL
    return CapValue(row.pk, row.most, row.per, row.type_id, category, row.legal_class)


def _breadth(cap: CapValue) -> tuple[bool, bool, int]:
    return cap.type_id is None, cap.category == ALL, cap.id


caps = Snapshot(_load, seconds=2)
