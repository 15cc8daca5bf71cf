"""The rate of an account follows what its provider takes."""

from dataclasses import dataclass, field

import pytest

from channels.adapting import NO_LIMIT, SLOWEST, Lately, next_rate

QUIET = Lately(taken=0.0, peak=0.0, throttled=0, calm=True)


def refused(taken: float, throttled: int, peak: float | None = None) -> Lately:
    return Lately(taken, taken if peak is None else peak, throttled, calm=False)


def test_the_first_refusals_set_the_rate_to_what_the_best_second_took() -> None:
    assert next_rate(None, 0, refused(40, 200, peak=100)) == pytest.approx(95)


def test_refusals_never_raise_a_rate() -> None:
    assert next_rate(50.0, 0, refused(80, 10)) == 50.0


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
    """A provider that takes `limit` a second, and a sender that never runs out of messages: its
    counts are seen once a second, its new rate a second later."""

    limit: float
    configured: float = 0.0
    demand: float = 5_000.0
    rate: float | None = None
    used: float | None = None  # the rate the sender's snapshot holds
    ticks: list[tuple[int, int]] = field(default_factory=list)  # (taken, refused)
    _room: float = 0.0
    _leave: float = 0.0

    def second(self) -> None:
        allowed = self.used or self.configured or self.demand
        self._leave = min(allowed, self._leave + allowed)
        self._room = min(self.limit, self._room + self.limit)
        sent = int(min(self.demand, self._leave))
        taken = min(sent, int(self._room))
        self._leave -= sent
        self._room -= taken
        self.ticks.append((taken, sent - taken))
        self.used, self.rate = self.rate, next_rate(self.rate, self.configured, self._lately())

    def _lately(self) -> Lately:
        took = [taken for taken, _ in self.ticks[-3:]]
        calm = sum(refused for _, refused in self.ticks[-60:]) < 3
        return Lately(sum(took) / 3, max(took), self.ticks[-1][1], calm)

    def run(self, seconds: int) -> tuple[float, float]:
        """(sent a second, share of refusals) of these seconds."""
        for _ in range(seconds):
            self.second()
        taken = sum(taken for taken, _ in self.ticks[-seconds:])
        refused = sum(refused for _, refused in self.ticks[-seconds:])
        return (taken + refused) / seconds, refused / max(1, taken + refused)


@pytest.mark.parametrize("limit", [2, 10, 100, 1_000, 4_000])
@pytest.mark.parametrize("configured", [0, 4_500])
def test_in_a_storm_of_429_the_rate_converges_to_what_is_taken(
    limit: float, configured: float
) -> None:
    storm = Storm(limit, configured)
    storm.run(15)

    sent, share = storm.run(120)

    assert sent == pytest.approx(limit, rel=0.2)
    assert share < 0.1


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
