"""What the counters say of some deliveries, in the words of a report. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from channels.base import Lane
from notifications.analytics.latency import Latency, latency_of
from notifications.counters.cells import (
    COMPLAINED,
    COST,
    CREATED,
    LATENCY,
    OUTCOME,
    UNSUBSCRIBED,
    lane_and_bucket,
)
from notifications.statuses import FINAL, ProviderOutcome, State

Counts = Mapping[tuple[int, str], int]  # by measure and reason
ARRIVED = (ProviderOutcome.DELIVERED, ProviderOutcome.OPENED, ProviderOutcome.CLICKED)


@dataclass(frozen=True, slots=True)
class Law:
    """In deliveries: what was created is the sum of all the others."""

    created: int
    sent: int
    failed: int
    skipped: int
    expired: int
    cancelled: int
    uncertain: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """Each includes what follows it: who clicks has opened, and has the message. A bounce after
    the delivery takes it back."""

    created: int
    sent: int
    delivered: int
    opened: int
    clicked: int


@dataclass(frozen=True, slots=True)
class Figures:
    counts: Counts

    def of(self, measure: int) -> int:
        return sum(n for (found, _), n in self.counts.items() if found == measure)

    def law(self) -> Law:
        settled = {state.name.lower(): self.of(state) for state in State if state in FINAL}
        created = self.of(CREATED)
        return Law(created=created, waiting=created - sum(settled.values()), **settled)

    def funnel(self) -> Funnel:
        by_word = [self._outcome(word) for word in ARRIVED]
        created, sent = self.of(CREATED), self.of(State.SENT)
        return Funnel(
            created=created,
            sent=sent,
            delivered=sum(by_word),
            opened=sum(by_word[1:]),
            clicked=by_word[2],
        )

    @property
    def bounced(self) -> int:
        """For good: the address is none, or the provider will not send to it."""
        return self._outcome(ProviderOutcome.BOUNCED) + self._outcome(ProviderOutcome.SUPPRESSED)

    @property
    def undelivered(self) -> int:
        """For now, or without a reason."""
        bounced = self._outcome(ProviderOutcome.BOUNCED_SOFT)
        return bounced + self._outcome(ProviderOutcome.FAILED)

    @property
    def complained(self) -> int:
        return self.of(COMPLAINED)

    @property
    def unsubscribed(self) -> int:
        return self.of(UNSUBSCRIBED)

    @property
    def cost_micros(self) -> int:
        return self.of(COST)

    def reasons(self, state: State) -> dict[str, int]:
        """Of deliveries that ended so, the most frequent first."""
        found = [(reason, n) for (measure, reason), n in self.counts.items() if measure == state]
        return dict(sorted(((r, n) for r, n in found if n), key=lambda one: (-one[1], one[0])))

    def latency(self, lane: Lane | None = None) -> Latency:
        histogram: dict[int, int] = {}
        for of_lane, bucket, n in self._latencies():
            if lane in (None, of_lane):
                histogram[bucket] = histogram.get(bucket, 0) + n
        return latency_of(histogram)

    def _outcome(self, word: ProviderOutcome) -> int:
        return self.of(OUTCOME + word)

    def _latencies(self) -> Iterator[tuple[int, int, int]]:
        for (measure, _), n in self.counts.items():
            if measure >= LATENCY:
                yield *lane_and_bucket(measure), n
