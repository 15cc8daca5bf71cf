"""Instants and spans of time as a person says them. Pure: `now` comes as an argument.

Not by the libraries for it: the pages say "2 min ago", as their scripts do that keep it true.
humanize 4.17 has no short units ("2 minutes and 5 seconds"), and a catalogue that had them would
have to be activated in each thread; Babel 2.19 writes "3 min. ago" for 2 min 50 s.
"""

from datetime import UTC, datetime, timedelta

MINUTE, HOUR, DAY = 60, 3600, 86_400
STEPS = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"))
LONG_AGO = 30 * DAY  # a date says more


def ago(at: datetime, now: datetime) -> str:
    """`2 min ago`, `in 3 h`, `just now`; a date when it is more than a month away."""
    seconds = (now - at).total_seconds()
    if abs(seconds) >= LONG_AGO:
        return f"{at.astimezone(UTC):%d %b %Y}"
    if abs(seconds) < 1:
        return "just now"
    size = _rounded(abs(seconds))
    return f"{size} ago" if seconds > 0 else f"in {size}"


def exact(at: datetime) -> str:
    """With its zone, and milliseconds where they are known."""
    utc = at.astimezone(UTC)
    fraction = f".{utc.microsecond // 1000:03d}" if utc.microsecond else ""
    return f"{utc:%Y-%m-%d %H:%M:%S}{fraction} UTC"


def span(seconds: float) -> str:
    """`240 ms`, `3.2 s`, `2 min 5 s`, `3 h 20 min`: two figures are enough to compare."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < MINUTE:
        return f"{seconds:.1f} s"
    units = [(DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (1, "s")]
    index = next(i for i, (size, _) in enumerate(units) if seconds >= size)
    size, unit = units[index]
    large, rest = divmod(int(seconds), size)
    if index + 1 == len(units):
        return f"{large} {unit}"
    smaller, name = units[index + 1]
    small = rest // smaller
    return f"{large} {unit} {small} {name}" if small else f"{large} {unit}"


def lasting(length: timedelta) -> str:
    """Returns a length of time as text: see `span`."""
    return span(length.total_seconds())


def _rounded(seconds: float) -> str:
    for size, unit in STEPS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"
