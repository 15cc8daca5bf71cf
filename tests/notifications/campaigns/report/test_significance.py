"""Shares compared, against values worked out elsewhere."""

import pytest

from notifications.campaigns.report.significance import Sample, compared, confidence, sentence


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Sample(250, 1000), Sample(200, 1000), 0.99258),  # z = 2.6774
        (Sample(60, 1000), Sample(50, 1000), 0.67334),  # z = 0.9813
        (Sample(100, 1000), Sample(100, 1000), 0.0),
        (Sample(1_100, 10_000), Sample(1_000, 10_000), 0.97922),  # z = 2.3125
    ],
)
def test_the_confidence_is_that_of_the_z_test(one: Sample, other: Sample, expected: float) -> None:
    assert confidence(one, other) == pytest.approx(expected, abs=0.0005)
    assert confidence(other, one) == confidence(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Sample(3, 20), Sample(1, 20)),
        (Sample(0, 0), Sample(50, 100)),
        (Sample(100, 100), Sample(100, 100)),
    ],
)
def test_too_few_say_nothing(one: Sample, other: Sample) -> None:
    assert confidence(one, other) is None


def test_more_variants_need_more_to_be_sure() -> None:
    two = {"A": Sample(1_000, 10_000), "B": Sample(1_100, 10_000)}
    three = {**two, "C": Sample(900, 10_000)}
    of_two, of_three = compared(two), compared(three)
    assert of_two is not None
    assert of_three is not None
    assert (of_two.best, of_two.second, of_two.sure) == ("B", "A", True)
    assert (of_three.best, of_three.second, of_three.sure) == ("B", "A", False)


def test_one_variant_is_compared_with_nothing() -> None:
    assert compared({"A": Sample(1, 2)}) is None


@pytest.mark.parametrize(
    ("hits", "said"),
    [
        (3, "Not enough clicks yet to compare (B 0.3%, A 0.1%)."),
        (12, "The difference in clicks may be chance"),
        (90, "B has more clicks: B 9.0%, A 0.1%. Confidence 99.9%."),
    ],
)
def test_what_is_said_is_no_more_than_is_known(hits: int, said: str) -> None:
    samples = {"A": Sample(1, 1000), "B": Sample(hits, 1000)}
    if hits == 12:
        samples = {"A": Sample(8, 1000), "B": Sample(12, 1000)}
    found = compared(samples)
    assert found is not None
    assert sentence(found, samples, "clicks").startswith(said)
