"""When a message waits for the clock: quiet hours, send windows, hours set by law. Pure."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from math import ceil, floor
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
# Nobody lives in UTC: it is what was never said, whatever a server or a browser calls it.
NAMES_OF_UTC = frozenset(
    ("", "GMT", "GMT+0", "GMT-0", "GMT0", "Greenwich", "UCT", "UTC", "Universal", "Zulu")
)
MOST_STEPS = 20  # hours that leave no gap at all: the message waits and is asked about again
MOST_JUMPS = 8  # of the clocks, within one closed span


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
        for each in (zone,) if _is_known(zone) else zones:
            yield Closed("legal_hours", each, closes, opens)


def _is_known(zone: str) -> bool:
    return zone.removeprefix("Etc/") not in NAMES_OF_UTC and zone_of(zone) is not UTC


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


def next_clock(now: datetime, zone: str, at: time) -> datetime:
    """When it is next `at` by the clock of `zone`, in UTC: once a day, also when clocks change."""
    local = now.astimezone(zone_of(zone))
    days = (local.date() + timedelta(days=n) for n in range(3))  # tomorrow's may have been, too:
    hours = (instant_of(day, at, zone_of(zone)) for day in days)
    return next(hour for hour in hours if hour > now)  # where clocks go back over midnight


def instant_of(day: date, at: time, zone: tzinfo) -> datetime:
    """When the clock of `zone` shows `at` on that day, in UTC; the first time, if twice. An hour
    that the clocks leave out is the hour after, on the same day: where that would be the next day
    (Nuuk leaves out the last hour before midnight), it is the hour before."""
    first = datetime.combine(day, at, zone)
    moments = [first.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
    same_day = (moment for moment in moments if moment.astimezone(zone).date() == day)
    return next(same_day, moments[0])


def _until(now: datetime, closed: Closed) -> datetime | None:
    """The first instant after `now` at which its clock shows an hour outside; None when it does
    now. Only the clock counts: an hour that is repeated is closed twice, or open twice."""
    zone = zone_of(closed.zone)
    local = now.astimezone(zone)
    if not _holds(local, closed):
        return None
    for _ in range(MOST_JUMPS):
        local = _end_or_jump(local, zone, closed.end)
        if not _holds(local, closed):
            break
    return local.astimezone(UTC)


def _holds(local: datetime, closed: Closed) -> bool:
    clock, start, end = local.time(), closed.start, closed.end
    return start <= clock < end if start <= end else not end <= clock < start


def _end_or_jump(local: datetime, zone: tzinfo, end: time) -> datetime:
    """When the clock next shows `end`, or before that the instant at which it is changed."""
    day = local.date() + timedelta(days=local.time() >= end)
    wait = datetime.combine(day, end) - local.replace(tzinfo=None)
    now = local.astimezone(UTC)
    ends = (now + wait).astimezone(zone)
    if ends.utcoffset() == local.utcoffset():
        return ends
    return _jump(now, now + wait, zone).astimezone(zone)


def _jump(low: datetime, high: datetime, zone: tzinfo) -> datetime:
    """The first second in UTC with the offset that holds at `high` and not yet at `low`."""
    before = low.astimezone(zone).utcoffset()
    first, last = floor(low.timestamp()), ceil(high.timestamp())
    while last - first > 1:
        middle = (first + last) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == before:
            first = middle
        else:
            last = middle
    return datetime.fromtimestamp(last, UTC)


def zone_of(name: str) -> tzinfo:
    """UTC for one this machine does not know: a person's odd zone must not stop a chunk."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC
