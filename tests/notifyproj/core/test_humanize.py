"""Times as the admin says them."""

from datetime import UTC, datetime, timedelta

import pytest

from notifyproj.core.humanize import ago, exact, span

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(milliseconds=20), "just now"),
        (timedelta(seconds=59), "59 s ago"),
        (timedelta(minutes=2, seconds=50), "2 min ago"),
        (timedelta(hours=5), "5 h ago"),
        (timedelta(days=3), "3 d ago"),
        (timedelta(hours=-3), "in 3 h"),
        (timedelta(days=40), "18 Oct 2026"),
    ],
)
def test_an_instant_is_said_by_its_distance(before: timedelta, said: str) -> None:
    assert ago(NOON - before, NOON) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.24, "240 ms"),
        (3.21, "3.2 s"),
        (125, "2 min 5 s"),
        (120, "2 min"),
        (12_000, "3 h 20 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_a_span_is_said_in_two_figures(seconds: float, said: str) -> None:
    assert span(seconds) == said


def test_an_exact_instant_names_its_zone() -> None:
    assert exact(NOON + timedelta(milliseconds=5)) == "2026-11-27 12:00:00.005 UTC"
