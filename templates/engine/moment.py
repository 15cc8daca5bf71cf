"""Dates and times as services write them: ISO 8601, or a number since 1970. Pure.

How large a number is says its unit: eleven digits of seconds reach the year 5138, and JavaScript's
`Date.now()` has thirteen digits of milliseconds. A number of no year near ours is a mistake.
"""

import re
from calendar import isleap
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal

# The least number of each unit, and how many of it make a second.
UNITS = ((10**17, 10**9), (10**14, 10**6), (10**11, 10**3), (0, 1))
NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{0,20})?", re.ASCII)
SECONDS_FROM = 9  # digits: fewer are a date like 20260627, or no moment of ours
# 20260627080000, and without seconds: what it would be in milliseconds is a day in 1976.
COMPACT = re.compile(
    r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[01][0-9]|2[0-3])"
    r"[0-5][0-9](?:[0-9]{2})?",
    re.ASCII,
)
# XML's xs:date may have an offset, and is a day all the same. Python's reader would take what
# follows a day for its time, whatever stands between them, and a week without a day for its Monday.
DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?", re.ASCII)
NTH_DAY = re.compile(r"[0-9]{4}-[0-9]{3}", re.ASCII)  # 2026-178
WEEK = re.compile(r"[0-9]{4}-?W[0-9]{2}", re.ASCII)
BETWEEN = re.compile(r"[0-9W-]{7,10}[T ][0-9]", re.ASCII)
MIDNIGHT = re.compile(r"([T ])24:00(?::00(?:[.,]0+)?)?(?![0-9:])", re.ASCII)
# What Java and JavaScript's Temporal write behind an offset, RFC 9557: +02:00[Europe/Berlin].
ZONE_BEHIND = re.compile(
    r"(Z|[+-][0-9]{2}:?[0-9]{2})(?:\[[^\[\]]{1,40}\])+$", re.ASCII | re.IGNORECASE
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEARS = range(1900, 2200)  # of a number
LONGEST = 64  # characters; Python's reader skips digits of a second without end


def read_moment(value: str, zone: tzinfo) -> date:
    """Returns a `date` for a day alone, which is that day wherever the person is, and a `datetime`
    in `zone` for everything else; a time without an offset is UTC. Raises ValueError.
    """
    text = value.strip()
    if len(text) > LONGEST:
        raise ValueError("too long")
    text = ZONE_BEHIND.sub(r"\1", text).upper()  # RFC 3339 takes small letters, too
    if COMPACT.fullmatch(text):
        return _in(zone, datetime.fromisoformat(f"{text[:8]}T{text[8:]}"))
    if NUMBER.fullmatch(text) and len(text.partition(".")[0].lstrip("-")) >= SECONDS_FROM:
        return _in(zone, _since_1970(Decimal(text)))
    return _day(text) if not BETWEEN.match(text) else _in(zone, _with_time(text))


def _day(text: str) -> date:
    if WEEK.fullmatch(text):
        raise ValueError("a week is no day")
    if NTH_DAY.fullmatch(text):
        return _nth_day(int(text[:4]), int(text[5:]))
    alone = DAY.fullmatch(text)
    return date.fromisoformat(alone[1] if alone else text)


def _nth_day(year: int, n: int) -> date:
    if not 0 < n <= 365 + isleap(year):
        raise ValueError("no day of that year")
    return date(year, 1, 1) + timedelta(days=n - 1)


def _with_time(text: str) -> datetime:
    """ISO 8601 ends a day at 24:00, and Ruby writes ` UTC` for `Z`."""
    text = text.removesuffix(" UTC") + ("Z" if text.endswith(" UTC") else "")
    midnight = MIDNIGHT.search(text)
    if midnight is None:
        return datetime.fromisoformat(text)
    start = text[: midnight.start()] + f"{midnight[1]}00:00" + text[midnight.end() :]
    try:
        return datetime.fromisoformat(start) + timedelta(days=1)
    except OverflowError:
        raise ValueError("of no year") from None


def _since_1970(number: Decimal) -> datetime:
    unit = next(unit for least, unit in UNITS if abs(number) >= least)
    try:
        found = EPOCH + timedelta(microseconds=int(number * 10**6 / unit))
    except OverflowError:
        raise ValueError("of no year") from None
    if found.year not in YEARS:
        raise ValueError("of no year near ours")
    return found


def _in(zone: tzinfo, moment: datetime) -> datetime:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return aware.astimezone(zone)
    except OverflowError:
        raise ValueError("of no year") from None
