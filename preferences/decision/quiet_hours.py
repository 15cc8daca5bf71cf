"""When a message waits for the clock: quiet hours, send windows, hours set by law. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

Hours = tuple[time, time]  # local; the second may be before the first: they cross midnight

# Marketing by SMS only between these, where the person is: 47 CFR 64.1200(c)(1) for the US.
# Of whom nobody knows the zone, it has to be so in every zone of the country.
BY_LAW: dict[str, tuple[Hours, tuple[str, ...]]] = {
    "US": (
        (time(8), time(21)),
        (
            *("America/New_York", "America/Chicago", "America/Denver", "America/Phoenix"),
            *("America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu"),
        ),
    )
}
UNKNOWN_ZONES = frozenset({"", "UTC"})  # nobody lives in UTC: it is what was never said
MOST_STEPS = 20  # hours that leave no gap at all: the message waits and is asked about again


class Closed(NamedTuple):
    """From `start` to `end` nothing goes out, by the clock of `zone`."""

    reason: str
    zone: str
    start: time
    end: time


def closed_hours(
    zone: str, quiet: Hours | None, window: Hours | None, country: str = ""
) -> Iterator[Closed]:
    """`country`: of a number to which its law applies, else ""."""
    if quiet is not None and quiet[0] != quiet[1]:
        yield Closed("quiet_hours", zone, *quiet)
    if window is not None and window[0] != window[1]:
        yield Closed("send_window", zone, window[1], window[0])
    if country in BY_LAW:
        (opens, closes), zones = BY_LAW[country]
        for each in zones if zone in UNKNOWN_ZONES else (zone,):
            yield Closed("legal_hours", each, closes, opens)


def next_open(now: datetime, hours: tuple[Closed, ...]) -> tuple[datetime, str] | None:
    """(when all of them are open, what keeps it closed now) or None: it is open."""
    reason, at = "", now
    for _ in range(MOST_STEPS):
        ends = [(until, each.reason) for each in hours if (until := _until(at, each))]
        if not ends:
            break
        reason = reason or ends[0][1]
        at = max(until for until, _ in ends)
    return (at, reason) if reason else None


def quiet_until(now: datetime, zone: str, start: time, end: time) -> datetime | None:
    """When the quiet hours that hold at `now` end, in UTC; None when none hold."""
    return _until(now, Closed("quiet_hours", zone, start, end))


def next_clock(now: datetime, zone: str, at: time) -> datetime:
    """When it is next `at` by the clock of `zone`, in UTC: once a day, also when clocks change."""
    local = now.astimezone(zone_of(zone))
    today = datetime.combine(local.date(), at, local.tzinfo).astimezone(UTC)
    if today > now:
        return today
    tomorrow = local.date() + timedelta(days=1)
    return datetime.combine(tomorrow, at, local.tzinfo).astimezone(UTC)


def _until(now: datetime, closed: Closed) -> datetime | None:
    local = now.astimezone(zone_of(closed.zone))
    clock, start, end = local.time(), closed.start, closed.end
    crosses_midnight = start > end
    if crosses_midnight and end <= clock < start:
        return None
    if not crosses_midnight and not start <= clock < end:
        return None
    day = local.date() + timedelta(days=1 if crosses_midnight and clock >= start else 0)
    until = datetime.combine(day, end, local.tzinfo)
    if until.astimezone(UTC) <= now:  # the hour that is repeated when summer time ends
        until = until.replace(fold=1)
    return until.astimezone(UTC)


def zone_of(name: str) -> tzinfo:
    """UTC for one this machine does not know: a person's odd zone must not stop a chunk."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC
