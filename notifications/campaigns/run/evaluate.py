"""Is something wrong with a run, and which variant did best? Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Numbers(NamedTuple):
    """Of a run or an arm, so far. `opened` includes the clicked, `delivered` both."""

    sent: int = 0
    failed: int = 0
    uncertain: int = 0
    delivered: int = 0
    opened: int = 0
    clicked: int = 0
    bounced: int = 0
    complained: int = 0
    unsubscribed: int = 0

    @property
    def tried(self) -> int:
        return self.sent + self.failed + self.uncertain


class Limits(NamedTuple):
    """Shares from 0 to 1 above which a run stops; `least` attempts before anything is concluded."""

    failed: float
    bounced: float
    complained: float
    unsubscribed: float
    least: int


def wrong(numbers: Numbers, limits: Limits) -> str:
    """Returns why a run has to be paused, as a sentence; "" where nothing is wrong."""
    if numbers.tried < max(1, limits.least):
        return ""
    for name, n, of, limit in (
        ("failed", numbers.failed + numbers.uncertain, numbers.tried, limits.failed),
        ("bounced", numbers.bounced, numbers.tried, limits.bounced),
        ("were reported as spam", numbers.complained, numbers.sent, limits.complained),
        ("led to an unsubscribe", numbers.unsubscribed, numbers.sent, limits.unsubscribed),
    ):
        if of and n / of > limit:
            return f"{n:,} of {of:,} {name}: {n / of:.1%}, more than {limit:.1%}"
    return ""


def best(arms: Mapping[int, Numbers], metric: str, order: Sequence[int]) -> int:
    """The arm with the largest share of what was sent; the first in `order` of equals."""

    def score(arm: int) -> float:
        numbers = arms.get(arm, Numbers())
        return getattr(numbers, metric) / numbers.sent if numbers.sent else 0.0

    return max(order, key=lambda arm: (score(arm), -order.index(arm)))
