"""How fast an account may send, from what its provider took and refused. Pure.

Down to a little less than what was taken, up a few per cent a second, and faster the longer nothing
was refused: in the end it doubles each second until no limit is left.
"""

from math import inf
from typing import NamedTuple

SLACK = 0.95  # of what the provider took
STEEPEST = 0.7  # of the rate, in one step: little may have been taken because little was sent
STORM = 5.0  # seconds after a refusal in which what was taken shows what can be
GROWTH = ((STORM, 1.03), (60.0, 1.1))  # (up to so long after a refusal, a second's factor)
RAMP = 2.0  # later
SLOWEST = 1.0  # messages a second
NO_LIMIT = 20_000.0  # messages a second; nothing here sends faster
FEWEST = 3  # refusals: one or two may be about a single device
FEW_OF_SLOW = 0.3  # of its rate
SHARE = 0.02  # of all answers


class Lately(NamedTuple):
    """What an account's provider did; rates are messages a second."""

    taken: float  # in the best two in a row of the last three seconds
    peak: float  # in the best of them
    throttled: int  # since the last look
    since: float = inf  # seconds since the last refusal


def next_rate(rate: float | None, configured: float, lately: Lately) -> float | None:
    """None: the configured rate, which is 0 for no limit. Asked once a second."""
    if rate is None:
        return _first(configured, lately) if _too_fast(rate, lately) else None
    proven = lately.taken * SLACK if lately.since < STORM else 0.0
    if _too_fast(rate, lately):
        return max(SLOWEST, proven, rate * STEEPEST)
    grown = rate * next((factor for until, factor in GROWTH if lately.since < until), RAMP)
    found = max(grown, proven)
    return None if found >= (configured or NO_LIMIT) else found


def _first(configured: float, lately: Lately) -> float:
    return max(SLOWEST, min(lately.peak, configured or NO_LIMIT) * SLACK)


def _too_fast(rate: float | None, lately: Lately) -> bool:
    """Of a slow account that was slowed down already, a single refusal is many."""
    fewest = FEWEST if rate is None else min(FEWEST, max(1.0, rate * FEW_OF_SLOW))
    return lately.throttled >= max(fewest, SHARE * (lately.taken + lately.throttled))
