"""Quantiles out of a histogram."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.analytics.latency import bounds, latency_of, quantile
from notifications.counters.cells import BOUNDS, latency

SAMPLES = st.lists(st.integers(0, BOUNDS[-1]), min_size=1, max_size=200)


def histogram(samples: list[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for one in samples:
        bucket = latency(0, one) % 100
        found[bucket] = found.get(bucket, 0) + 1
    return found


def test_within_a_bucket_tries_lie_evenly() -> None:
    assert quantile({7: 4}, 0.5) == 62.5  # 50 to 75 ms


def test_of_nothing_there_is_no_quantile() -> None:
    assert latency_of({}) == latency_of({3: 0})
    assert latency_of({}).p50 is None


def test_beyond_the_last_bound_it_is_the_bound() -> None:
    assert quantile({len(BOUNDS): 3}, 0.99) == BOUNDS[-1]


@given(SAMPLES, st.sampled_from([0.5, 0.95, 0.99]))
def test_a_quantile_is_in_the_bucket_of_the_true_one(samples: list[int], share: float) -> None:
    rank = next(n for n in range(1, len(samples) + 1) if n >= len(samples) * share)
    low, high = bounds(latency(0, sorted(samples)[rank - 1]) % 100)

    found = quantile(histogram(samples), share)

    assert found is not None
    assert low <= found <= high


@pytest.mark.parametrize("bucket", range(len(BOUNDS)))
def test_every_bucket_begins_where_the_one_before_ends(bucket: int) -> None:
    assert bounds(bucket)[1] == bounds(bucket + 1)[0] > bounds(bucket)[0] or bucket == 0
