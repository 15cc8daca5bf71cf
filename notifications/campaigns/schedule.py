"""When a campaign goes out: at an instant, or at an hour of each person's own clock. Pure."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from preferences.decision.quiet_hours import instant_of, zone_of

EARLIEST_ZONE = "Pacific/Kiritimati"  # UTC+14: where a day begins first
LATEST_ZONE = "Etc/GMT+12"


class Starts(StrEnum):
    NOW = "now"
    AT = "at"  # one instant for everybody
    LOCAL = "local"  # an hour of each person's own clock


class Repeat(StrEnum):
    NEVER = ""
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class IfPast(StrEnum):
    """What becomes of those whose hour has passed when a run begins."""

    NEXT_DAY = "next_day"  # the same hour, the next day it comes
    SKIP = "skip"  # they get nothing
    NOW = "now"


class When(NamedTuple):
    """`zone` is that of the clock for AT, and of no meaning for LOCAL."""

    starts: str
    on: date | None = None
    at: time | None = None
    zone: str = "UTC"


def instant(when: When, zone: str = "") -> datetime:
    """When it is for the people of a zone, in UTC. Not for NOW. For an hour that the clocks leave
    out, see `instant_of`."""
    if when.on is None or when.at is None:
        raise ValueError("It has no date and time.")
    return instant_of(when.on, when.at, zone_of(zone if when.starts == Starts.LOCAL else when.zone))


def begins(when: When) -> datetime:
    """The first instant it may be for anybody."""
    return instant(when, EARLIEST_ZONE)


def ends(when: When) -> datetime:
    """The last instant it may be for anybody."""
    return instant(when, LATEST_ZONE)


def by_zone(when: When, zones: Iterable[str]) -> dict[str, datetime]:
    return {zone: instant(when, zone) for zone in zones}


def passed(when: When, zones: Iterable[str], now: datetime) -> list[str]:
    """The zones in which its hour was before `now`."""
    return [zone for zone, at in by_zone(when, zones).items() if at < now]


def late_start(when: When, zone: str, if_past: IfPast, now: datetime) -> datetime | None:
    """When those get it for whom its hour has passed; None: not at all."""
    match if_past:
        case IfPast.SKIP:
            return None
        case IfPast.NOW:
            return now
    at = instant(when, zone)
    while at <= now and when.on is not None:
        when = when._replace(on=when.on + timedelta(days=1))
        at = instant(when, zone)
    return at


def on_day(first: date, repeat: str, n: int) -> date:
    """The day of the n-th repetition: always counted from the first, so that one on the 31st
    is on the 31st again after February."""
    match repeat:
        case Repeat.DAILY:
            return first + timedelta(days=n)
        case Repeat.WEEKLY:
            return first + timedelta(weeks=n)
        case Repeat.MONTHLY:
            return first + relativedelta(months=n)
    raise ValueError("It does not repeat.")


def next_day(first: date, repeat: str, after: date) -> date | None:
    """The first day of it after `after`; None when it does not repeat."""
    if not repeat:
        return None
    days = {Repeat.DAILY: 1, Repeat.WEEKLY: 7, Repeat.MONTHLY: 28}[Repeat(repeat)]
    n = max(0, (after - first).days // (days + 3 if repeat == Repeat.MONTHLY else days))
    while (day := on_day(first, repeat, n)) <= after:
        n += 1
    return day
