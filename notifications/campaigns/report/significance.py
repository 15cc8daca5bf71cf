"""Is one share larger than another, or is it chance? A two-proportion z-test. Pure."""

from collections.abc import Mapping
from math import erfc, sqrt
from typing import NamedTuple

LEAST = 5  # of those who did and of those who did not, expected on each side
SURE = 0.95


class Sample(NamedTuple):
    hits: int
    of: int

    @property
    def share(self) -> float:
        return self.hits / self.of if self.of else 0.0


class Comparison(NamedTuple):
    """`confidence` that the best is not so by chance, 0 to 1; None: too few to say."""

    best: str
    second: str
    confidence: float | None

    @property
    def sure(self) -> bool:
        return self.confidence is not None and self.confidence >= SURE


def confidence(one: Sample, other: Sample) -> float | None:
    """1 - p of the two-sided test; None where its approximation does not hold."""
    total = one.of + other.of
    if not one.of or not other.of:
        return None
    pooled = (one.hits + other.hits) / total
    if min(one.of, other.of) * min(pooled, 1 - pooled) < LEAST:
        return None
    error = sqrt(pooled * (1 - pooled) * (1 / one.of + 1 / other.of))
    return 1 - erfc(abs(one.share - other.share) / error / sqrt(2))


def compared(samples: Mapping[str, Sample]) -> Comparison | None:
    """The best against the next; stricter the more pairs there are (Bonferroni). None: nothing to
    compare."""
    if len(samples) < 2:
        return None
    best, second, *_ = sorted(samples, key=lambda name: -samples[name].share)
    found = confidence(samples[best], samples[second])
    if found is not None:
        pairs = len(samples) * (len(samples) - 1) // 2
        found = max(0.0, 1 - (1 - found) * pairs)
    return Comparison(best, second, found)


def sentence(found: Comparison, samples: Mapping[str, Sample], what: str) -> str:
    """`B has more clicks: 4.2 % against 3.1 %. 98 % sure.`"""
    best, second = samples[found.best], samples[found.second]
    against = f"{found.best} {best.share:.1%}, {found.second} {second.share:.1%}"
    if found.confidence is None:
        return f"Not enough {what} yet to compare ({against})."
    if found.sure:
        sure = min(found.confidence, 0.999)
        return f"{found.best} has more {what}: {against}. Confidence {sure:.1%}."
    return f"The difference in {what} may be chance ({against}; {found.confidence:.0%} sure)."
