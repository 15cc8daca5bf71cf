"""What is counted apart, and what together."""

import pytest

from notifications.counters.cells import BOUNDS, LATENCY, lane_and_bucket, latency
from notifications.reasons import OTHER, REASONS, counted_as


@pytest.mark.parametrize(
    ("milliseconds", "bucket"),
    [(0, 0), (1, 1), (19, 4), (20, 5), (BOUNDS[-1] - 1, len(BOUNDS) - 1), (2**31, len(BOUNDS))],
)
def test_a_latency_falls_into_the_bucket_that_begins_at_or_below_it(
    milliseconds: int, bucket: int
) -> None:
    assert latency(0, milliseconds) == LATENCY + bucket


def test_a_measure_of_latency_says_lane_and_bucket() -> None:
    assert lane_and_bucket(latency(2, 40)) == (2, 6)


@pytest.mark.parametrize("code", [*REASONS, "BadDeviceToken", "http_404", "30005", "5.1.1"])
def test_a_code_is_counted_by_itself(code: str) -> None:
    assert counted_as(code) == code
    assert len(code) <= 40


@pytest.mark.parametrize("code", ["a7f3e0", "x" * 41, "550 no such user", "123456", "http_1"])
def test_what_could_be_anything_is_counted_as_other(code: str) -> None:
    assert counted_as(code) == OTHER
