from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.campaigns.shares import PLACES, Range, Stage, canary_share, divide, shares


def test_each_place_belongs_to_one_stage_or_is_held_out() -> None:
    found = shares(canary=0.01, test=0.2, hold_out=0.1)

    assert found.stages[Stage.CANARY] == Range(0, 10_000)
    assert found.stages[Stage.TEST] == Range(10_000, 210_000)
    assert found.stages[Stage.REST] == Range(210_000, 900_000)
    assert found.held_out == Range(900_000, PLACES)


def test_a_stage_for_nobody_is_left_out() -> None:
    assert list(shares(0, 0, 0).stages) == [Stage.REST]


def test_everybody_can_be_held_out() -> None:
    assert shares(0, 0, 1) == ({}, Range(0, PLACES))


def test_shares_of_more_than_everybody_are_refused() -> None:
    with pytest.raises(ValueError, match="more than the whole audience"):
        shares(0.5, 0.5, 0.1)


@given(st.lists(st.integers(1, 1_000), min_size=1, max_size=8))
def test_variants_divide_everybody_without_a_gap(weights: list[int]) -> None:
    ranges = divide(weights)

    assert ranges[0].low == 0
    assert ranges[-1].high == PLACES
    assert all(a.high == b.low for a, b in pairwise(ranges))


@pytest.mark.parametrize(
    ("people", "audience", "share"), [(100, 1_000, 0.1), (100, 50, 1.0), (100, 0, 1.0)]
)
def test_a_number_of_people_is_a_share_of_the_audience(
    people: int, audience: int, share: float
) -> None:
    assert canary_share(people, audience) == share
