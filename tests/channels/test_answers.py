import pytest

from channels.answers import retry_after, status_outcome
from channels.base import HttpResponse, OutcomeKind

DATE = "Sun, 22 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "30"}, 30.0),
        ({"retry-after": " 30 "}, 30.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "99999999999999999999"}, 86_400.0),
        ({"retry-after": "Sun, 22 Nov 2026 10:02:00 GMT", "date": DATE}, 120.0),
        ({"retry-after": "Sun, 22 Nov 2026 09:00:00 GMT", "date": DATE}, 0.0),
        ({"retry-after": "Sun, 22 Nov 2026 10:02:00 GMT"}, None),
        ({"retry-after": "soon", "date": DATE}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "²"}, None),
    ],
)
def test_retry_after_is_seconds(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_a_success_that_cannot_be_read_is_uncertain() -> None:
    assert status_outcome(HttpResponse(200, {}, b"")).kind is OutcomeKind.UNCERTAIN


def test_a_redirect_is_a_misconfiguration() -> None:
    assert status_outcome(HttpResponse(302, {}, b"")).kind is OutcomeKind.MISCONFIGURED


def test_the_provider_says_how_long_it_has_trouble() -> None:
    assert status_outcome(HttpResponse(503, {"retry-after": "7"}, b"")).after == 7.0
