"""Dates and times as services write them: ISO 8601, or a number since 1970. Pure.

How large a number is says its unit: eleven digits of seconds reach the year 5138, and JavaScript's
`Date.now()` has thirteen digits of milliseconds. A number of no year near ours is a mistake.
"""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal

# The least number of each unit, and how many of it make a second.
UNITS = ((10**17, 10**9), (10**14, 10**6), (10**11, 10**3), (0, 1))
NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{0,20})?", re.ASCII)
SECONDS_FROM = 9  # digits: fewer are a date like 20260627, or no moment of ours
COMPACT = re.compile(r"(?:19|20)[0-9]{12}", re.ASCII)  # 20260627080000
# What Java and JavaScript's Temporal write behind an offset, RFC 9557: +02:00[Europe/Berlin].
ZONE_BEHIND = re.compile(r"(Z|[+-][0-9]{2}:?[0-9]{2})\[[^\[\]]{1,40}\]$", re.ASCII | re.IGNORECASE)
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
    try:
        return date.fromisoformat(text)
    except ValueError:
        return _in(zone, datetime.fromisoformat(text))


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
