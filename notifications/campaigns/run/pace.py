"""How many people a run may go on to now: by its rate, or by when it is to be done. Pure."""

from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple

SLICE = timedelta(seconds=1)  # a rate is kept by the second, not in bursts of a minute


class Pace(NamedTuple):
    """`per_minute` people since `since`, when `visited` had been visited. None: no limit."""

    per_minute: int | None
    since: datetime
    visited: int


def allowed(pace: Pace, visited: int, now: datetime) -> int | None:
    """Returns how many more recipients may be processed now; None: no limit."""
    if pace.per_minute is None:
        return None
    seconds = max(0.0, (now - pace.since).total_seconds()) + SLICE.total_seconds()
    return max(0, pace.visited + int(seconds * pace.per_minute / 60) - visited)


def next_chance(pace: Pace, visited: int, now: datetime) -> datetime:
    """When the next one may be visited: never later than a minute, as the rate may be changed."""
    if pace.per_minute is None:
        return now
    missing = visited + 1 - pace.visited
    at = pace.since + timedelta(seconds=missing * 60 / pace.per_minute) - SLICE
    return min(max(at, now + SLICE), now + timedelta(minutes=1))


def rate_to_finish(left: int, now: datetime, finish_by: datetime) -> int:
    """People a minute, so that those who are left are done in time."""
    minutes = max((finish_by - now).total_seconds() / 60, 1 / 60)
    return max(1, ceil(left / minutes))
