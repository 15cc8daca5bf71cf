"""An audience in shares: who is of the canary, of the test, held out, and who gets which variant.

Each person has a place from 0 to PLACES by a hash of their id and the run's seed, so a share is
a range of places: nobody has to be written down, and the same person is always in the same one.
Pure.
"""

from collections.abc import Sequence
from enum import IntEnum
from itertools import pairwise
from typing import NamedTuple

PLACES = 1_000_000


class Stage(IntEnum):
    """Parts of the audience, one after the other; a gate before each but the first."""

    CANARY = 1  # a few, to see that nothing is wrong
    TEST = 2  # some, to see which variant does best
    REST = 3  # everybody else


class Range(NamedTuple):
    """Places from `low` up to, and without, `high`."""

    low: int
    high: int

    def __bool__(self) -> bool:
        return self.low < self.high

    @property
    def share(self) -> float:
        return (self.high - self.low) / PLACES

    @property
    def is_all(self) -> bool:
        return self == EVERYBODY


EVERYBODY = Range(0, PLACES)


class Shares(NamedTuple):
    stages: dict[Stage, Range]
    held_out: Range


def shares(canary: float, test: float, hold_out: float) -> Shares:
    """Shares from 0 to 1; what is left of the audience is the rest. Raises ValueError."""
    parts = [round(share * PLACES) for share in (canary, test, hold_out)]
    if min(parts) < 0 or sum(parts) > PLACES:
        raise ValueError("The shares add up to more than the whole audience.")
    first, second, last = parts[0], parts[0] + parts[1], PLACES - parts[2]
    ranges = {
        Stage.CANARY: Range(0, first),
        Stage.TEST: Range(first, second),
        Stage.REST: Range(second, last),
    }
    return Shares(
        {stage: range_ for stage, range_ in ranges.items() if range_}, Range(last, PLACES)
    )


def canary_share(people: int, audience: int) -> float:
    """So many people of about `audience`, as a share."""
    return min(1.0, people / audience) if audience > 0 else 1.0


def divide(weights: Sequence[int]) -> list[Range]:
    """A range of places for each variant, by weight; together they are everybody."""
    total = sum(weights)
    if total <= 0:
        raise ValueError("No variant has a weight.")
    bounds, sofar = [0], 0
    for weight in weights:
        sofar += weight
        bounds.append(PLACES * sofar // total)
    return [Range(low, high) for low, high in pairwise(bounds)]
