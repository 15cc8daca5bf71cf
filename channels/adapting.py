"""How fast an account may send, from what its provider took and refused. Pure.

Additive-increase's cousin: down to a little less than what was taken, up a few per cent a second;
while nothing has been refused for a minute, twice as fast each second until no limit is left.
"""

from typing import NamedTuple

SLACK = 0.95  # of what the provider took
STEEPEST = 0.7  # of the rate, in one step: what was taken may be little because little was sent
GROWTH = 1.03
RAMP = 2.0
SLOWEST = 1.0  # messages a second
NO_LIMIT = 20_000.0  # messages a second; nothing here sends faster
FEWEST = 3  # refusals: one or two may be about a single device
FEW_OF_SLOW = 0.3  # of its rate
SHARE = 0.02  # of all answers


class Lately(NamedTuple):
    """What an account's provider did; rates are messages a second."""

    taken: float  # over the last three seconds
    peak: float  # in the best of them
    throttled: int  # since the last look
    calm: bool  # nothing was refused for a minute


def next_rate(rate: float | None, configured: float, lately: Lately) -> float | None:
    """None: the configured rate, which is 0 for no limit. Asked once a second."""
    if _too_fast(rate, lately):
        return _shrunk(rate, configured, lately)
    if rate is None:
        return None
    grown = rate * (RAMP if lately.calm else GROWTH)
    return None if grown >= (configured or NO_LIMIT) else grown


def _too_fast(rate: float | None, lately: Lately) -> bool:
    """Of a slow account that was slowed down already, a single refusal is many."""
    fewest = FEWEST if rate is None else min(FEWEST, max(1.0, rate * FEW_OF_SLOW))
    return lately.throttled >= max(fewest, SHARE * (lately.taken + lately.throttled))


def _shrunk(rate: float | None, configured: float, lately: Lately) -> float:
    if rate is None:
        found = min(lately.peak, configured or NO_LIMIT) * SLACK
    else:
        found = min(rate, max(lately.taken * SLACK, rate * STEEPEST))
    return max(SLOWEST, found)
