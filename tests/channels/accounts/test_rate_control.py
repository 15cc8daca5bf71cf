"""The rate of an account follows what its provider takes."""

from dataclasses import dataclass, field
from math import inf

import pytest

from channels.accounts.rate_control import NO_LIMIT, SLOWEST, Lately, next_rate
from channels.accounts.rate_limit import BURST, URGENT_SHARE

QUIET = Lately(taken=0.0, peak=0.0, throttled=0)


def refused(taken: float, throttled: int, peak: float | None = None) -> Lately:
    return Lately(taken, taken if peak is None else peak, throttled, since=0.5)


def test_the_first_refusals_set_the_rate_to_what_the_best_second_took() -> None:
    assert next_rate(None, 0, refused(40, 200, peak=100)) == pytest.approx(95)


def test_a_rate_found_too_low_is_corrected_by_what_was_taken_since() -> None:
    assert next_rate(50.0, 0, refused(80, 10)) == pytest.approx(76)
    assert next_rate(50.0, 0, refused(80, 0)) == pytest.approx(76)


def test_what_was_taken_of_little_demand_lowers_a_rate_by_steps_only() -> None:
    assert next_rate(100.0, 0, refused(2, 5)) == pytest.approx(70)


def test_a_provider_that_takes_nothing_is_asked_once_a_second() -> None:
    assert next_rate(1.2, 0, refused(0, 50)) == SLOWEST


@pytest.mark.parametrize("lately", [refused(2, 1), refused(0, 2), refused(5_000, 60)])
def test_a_few_refusals_are_about_single_devices(lately: Lately) -> None:
    assert next_rate(None, 0, lately) is None


def test_a_rate_that_reaches_the_configured_one_is_forgotten() -> None:
    assert next_rate(98.0, 100, refused(98, 0)) is None


def test_a_configured_rate_is_shrunk_below_itself_even_when_more_was_taken() -> None:
    assert next_rate(None, 100, refused(300, 50)) == pytest.approx(95)


def test_after_a_minute_without_refusals_it_doubles_until_no_limit_is_left() -> None:
    rate: float | None = 100.0
    seconds = 0
    highest = 0.0
    while rate is not None and seconds < 60:
        highest, rate, seconds = rate, next_rate(rate, 0, QUIET), seconds + 1
    assert rate is None
    assert highest * 2 >= NO_LIMIT
    assert seconds < 10


@dataclass
class Storm:
    """A provider that takes `limit` a second, and a sender that never runs out of messages.

    By tenths of a second, with the delays of the real thing: the sweep brings work once a second,
    a fifth of the leave is kept back, answers are seen after 0.4 s, counted once a second, and
    the sender learns its rate up to a second later.
    """

    limit: float
    configured: float = 0.0
    demand: float = 5_000.0
    rate: float | None = None
    used: float | None = None  # the rate in the sender's snapshot
    sent: list[tuple[int, int]] = field(default_factory=list)  # (taken, refused) by tenth
    _room: float = 0.0  # the worst case: it takes less than a second of its rate at first
    _leave: float = 0.0

    def tenth(self) -> None:
        now = len(self.sent)
        self._room = min(self.limit, self._room + self.limit / 10)
        allowed = self.used or self.configured or self.demand * 2
        burst = max(1.0, allowed * BURST)
        self._leave = min(burst, self._leave + allowed / 10)
        kept = min(burst * URGENT_SHARE, burst - 1)
        self.sent.append(self._send(kept) if now % 10 == 0 else (0, 0))
        if now % 10 == 3:
            self.rate = next_rate(self.rate, self.configured, self._lately())
        if now % 10 == 9:
            self.used = self.rate

    def _send(self, kept: float) -> tuple[int, int]:
        sent = int(min(self.demand, max(0.0, self._leave - kept)))
        taken = min(sent, int(self._room))
        self._leave -= sent
        self._room -= taken
        return taken, sent - taken

    def _lately(self) -> Lately:
        seen = self.sent[:-4]
        ok = [sum(taken for taken, _ in seen[-10 * n :]) for n in (1, 2, 3)]
        refusals = [ago for ago, (_, refused) in enumerate(reversed(seen)) if refused]
        return Lately(
            max(ok[1], ok[2] - ok[0]) / 2,
            max(ok[0], ok[1] - ok[0], ok[2] - ok[1]),
            sum(refused for _, refused in seen[-15:]),
            refusals[0] / 10 if refusals else inf,
        )

    def run(self, seconds: int) -> tuple[float, float]:
        """(sent a second, share of refusals) of these seconds."""
        for _ in range(seconds * 10):
            self.tenth()
        taken = sum(taken for taken, _ in self.sent[-seconds * 10 :])
        refused = sum(refused for _, refused in self.sent[-seconds * 10 :])
        return (taken + refused) / seconds, refused / max(1, taken + refused)


@pytest.mark.parametrize("limit", [5, 10, 60, 300, 1_000, 4_000])
@pytest.mark.parametrize("configured", [0, 4_500])
def test_in_a_storm_of_429_the_rate_converges_to_what_is_taken(
    limit: float, configured: float
) -> None:
    storm = Storm(limit, configured)
    storm.run(15)

    sent, share = storm.run(120)

    assert sent == pytest.approx(limit, rel=0.2)
    assert share < (0.05 if limit > 10 else 0.2)


@pytest.mark.parametrize(("before", "after", "seconds"), [(1_000, 200, 15), (200, 400, 40)])
def test_it_follows_a_provider_that_changes_its_mind(
    before: float, after: float, seconds: int
) -> None:
    storm = Storm(before)
    storm.run(30)
    storm.limit = after
    storm.run(seconds)

    sent, _ = storm.run(60)

    assert sent == pytest.approx(after, rel=0.2)


def test_nothing_is_left_of_a_storm_that_is_over() -> None:
    storm = Storm(100, demand=500)
    storm.run(30)
    storm.limit = 10_000

    storm.run(120)

    assert storm.rate is None
