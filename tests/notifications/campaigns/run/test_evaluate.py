import pytest

from notifications.campaigns.run.evaluate import Limits, Numbers, best, wrong

LIMITS = Limits(failed=0.2, bounced=0.05, complained=0.003, unsubscribed=0.02, least=100)


@pytest.mark.parametrize(
    ("numbers", "word"),
    [
        (Numbers(sent=80, failed=20), ""),
        (Numbers(sent=79, failed=21), "failed"),
        (Numbers(sent=79, uncertain=21), "failed"),
        (Numbers(sent=100, bounced=6), "bounced"),
        (Numbers(sent=100, bounced=5), ""),
        (Numbers(sent=1_000, complained=4), "spam"),
        (Numbers(sent=100, unsubscribed=3), "unsubscribe"),
        (Numbers(sent=10, failed=80), ""),  # too few to conclude anything
        (Numbers(), ""),
    ],
)
def test_a_run_stops_for(numbers: Numbers, word: str) -> None:
    found = wrong(numbers, LIMITS)

    assert (word in found) if word else found == ""


def test_it_says_how_many_and_what_was_allowed() -> None:
    found = wrong(Numbers(sent=60, failed=40), LIMITS)

    assert found == "40 of 100 failed: 40.0%, more than 20.0%"


def test_the_variant_with_the_larger_share_wins() -> None:
    arms = {1: Numbers(sent=1_000, clicked=50), 2: Numbers(sent=100, clicked=9)}

    assert best(arms, "clicked", [1, 2]) == 2


def test_of_equals_the_first_wins() -> None:
    assert (
        best({7: Numbers(sent=10, opened=1), 5: Numbers(sent=10, opened=1)}, "opened", [7, 5]) == 7
    )


def test_of_nothing_the_first_wins() -> None:
    assert best({}, "clicked", [3, 4]) == 3
