"""Quantiles of a histogram of latencies. Pure.

Attempts are assumed to lie evenly within a bucket, so a quantile is off by less than the width of
the bucket: `cells.BOUNDS` are close together where our bar is.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from notifications.counters.cells import BOUNDS

Histogram = Mapping[int, int]  # tries by bucket


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from when a message could go until a provider had it; None: none had it."""

    tries: int
    p50: float | None
    p95: float | None
    p99: float | None


def latency_of(histogram: Histogram) -> Latency:
    tries = sum(histogram.values())
    return Latency(tries, *(quantile(histogram, share) for share in (0.5, 0.95, 0.99)))


def quantile(histogram: Histogram, share: float) -> float | None:
    """The latency that this share of the attempts had at most."""
    wanted, below = sum(histogram.values()) * share, 0
    for bucket in sorted(histogram):
        n = histogram[bucket]
        if n > 0 and below + n >= wanted:
            low, high = bounds(bucket)
            return low + (high - low) * (wanted - below) / n
        below += n
    return None


def bounds(bucket: int) -> tuple[int, int]:
    """The last bucket has no end: what is in it counts as its beginning."""
    low = BOUNDS[bucket - 1] if bucket else 0
    return low, BOUNDS[bucket] if bucket < len(BOUNDS) else low
