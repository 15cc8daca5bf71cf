"""Which of an app's accounts a message goes through. Pure: `routes.py` has the snapshot.

First who may (it serves that country or mailbox, is not held, broken or over its cap), then who
is best by the type's policy, then among equals by weight.
"""

import random
from bisect import bisect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from math import inf
from typing import NamedTuple

from channels.base import Account, Lane
from channels.protocols import Adapter

CLOSED, OPEN, HALF_OPEN = "closed", "open", "half_open"
RELIABLE, FASTEST, CHEAPEST, FIXED = "reliable", "fastest", "cheapest", "fixed"
SUCCESS_EQUAL = 0.02  # shares of success this close are the same
LATENCY_EQUAL = 1.2  # and so are latencies up to this factor


@dataclass(frozen=True, slots=True)
class Route:
    """An account ready to use, with its adapter and how it does."""

    account: Account
    adapter: Adapter
    held: bool = False
    breaker: str = CLOSED
    breaker_until: datetime | None = None
    breaker_forced: str = ""  # by hand: OPEN or CLOSED, whatever the breaker says
    held_by: str = ""  # who; "" is the platform itself
    probe_at: datetime | None = None  # when a suspended account is next sent a probe
    serves: frozenset[str] = frozenset()  # areas; empty: all
    costs: Mapping[str, float] = field(default_factory=dict)
    day_left: int | None = None  # sends until the daily cap; None: no cap
    latency_ms: float | None = None  # of the last minute; None: nothing was sent
    success_share: float | None = None  # likewise
    rate_now: float | None = None  # what the provider takes; None: the configured rate

    @property
    def broken(self) -> bool:
        """Not to be used but for a probe."""
        return (self.breaker_forced or self.breaker) != CLOSED

    @property
    def capped(self) -> bool:
        return self.day_left is not None and self.day_left <= 0

    @property
    def usable(self) -> bool:
        return not (self.held or self.broken or self.capped)

    def cost(self, area: str) -> float:
        """Of one message, or of a part of an SMS; what nobody knows is dearer than all."""
        return self.costs.get(area, self.costs.get("", inf))

    def wants_probe(self, now: datetime) -> bool:
        """Its time has come; never of what somebody switched off by hand."""
        if self.breaker_forced == OPEN or self.capped:
            return False
        due = self.probe_at if self.held else self.breaker_until
        return not (self.held and self.held_by) and due is not None and due <= now


class RouteNeeds(NamedTuple):
    """What decides about a message's account, besides its channel and app."""

    lane: int = Lane.NORMAL
    policy: str = RELIABLE
    area: str = ""
    avoid: int | None = None  # the account of the last attempt


class Choice(NamedTuple):
    """The best accounts for a needs: equals, drawn by weight."""

    best: tuple[Route, ...] = ()
    weights: tuple[float, ...] = ()  # cumulated
    alternatives: int = 0  # how many others could take the message

    def draw(self, rng: random.Random) -> Route | None:
        if len(self.best) < 2:
            return self.best[0] if self.best else None
        return self.best[
            bisect(self.weights, rng.random() * self.weights[-1], hi=len(self.best) - 1)
        ]


def serving(candidates: Sequence[Route], area: str) -> list[Route]:
    """Those that may send there. Where is unknown: those without restriction, else all."""
    able = [r for r in candidates if not r.serves or (area and area in r.serves)]
    return able or ([] if area else list(candidates))


def choose(candidates: Sequence[Route], needs: RouteNeeds) -> Choice:
    """The best of them now, none when all are held, broken or over their cap."""
    usable = [r for r in serving(candidates, needs.area) if r.usable]
    if not usable:
        return Choice()
    best = usable if len(usable) == 1 else _best(usable, needs)
    weights = tuple(accumulate(r.account.weight or 1 for r in best))
    return Choice(tuple(best), weights, len(usable) - 1)


def elsewhere(candidates: Sequence[Route], needs: RouteNeeds, full: Collection[int]) -> Choice:
    """Who else has room now, when the best are at their rate. Only urgent messages go to a spare
    for that, and only they cost more than they must."""
    urgent = needs.lane == Lane.URGENT
    if needs.policy == CHEAPEST and not urgent:
        return Choice()
    usable = [r for r in serving(candidates, needs.area) if r.usable]
    if not urgent:
        usable = _not_spare(usable)
    return choose([r for r in usable if r.account.id not in full], needs)


def _best(usable: list[Route], needs: RouteNeeds) -> list[Route]:
    urgent = needs.lane == Lane.URGENT
    if urgent:  # a spare that works comes before what failed a moment ago
        left = _not_spare(_avoiding(usable, needs.avoid))
        left = _fastest(_most_reliable(left))
    else:
        left = _avoiding(_not_spare(usable), needs.avoid)
        left = POLICIES.get(needs.policy, _by_reliability)(left, needs.area)
    return _named(left, needs.area)


def _avoiding(routes: list[Route], avoid: int | None) -> list[Route]:
    return [r for r in routes if r.account.id != avoid] or routes


def _not_spare(routes: list[Route]) -> list[Route]:
    """An account of weight 0 is a spare."""
    return [r for r in routes if r.account.weight > 0] or routes


def _named(routes: list[Route], area: str) -> list[Route]:
    """Among equals, those that were set up for this very area."""
    return [r for r in routes if area in r.serves] or routes


def _most_reliable(routes: list[Route]) -> list[Route]:
    """What has sent nothing lately counts as well: else it would never show that it is."""
    shares = [1.0 if r.success_share is None else r.success_share for r in routes]
    enough = max(shares) - SUCCESS_EQUAL
    return [r for r, share in zip(routes, shares, strict=True) if share >= enough]


def _fastest(routes: list[Route]) -> list[Route]:
    known = [r.latency_ms for r in routes if r.latency_ms is not None]
    if not known:
        return routes
    enough = min(known) * LATENCY_EQUAL
    return [r for r in routes if r.latency_ms is None or r.latency_ms <= enough]


def _by_reliability(routes: list[Route], area: str) -> list[Route]:
    return _most_reliable(routes)


def _by_speed(routes: list[Route], area: str) -> list[Route]:
    return _fastest(routes)


def _by_cost(routes: list[Route], area: str) -> list[Route]:
    least = min(r.cost(area) for r in routes)
    return [r for r in routes if r.cost(area) <= least]


# FIXED leaves one candidate, so that nothing is left to choose.
POLICIES: dict[str, Callable[[list[Route], str], list[Route]]] = {
    RELIABLE: _by_reliability,
    FASTEST: _by_speed,
    CHEAPEST: _by_cost,
}
