"""What answers say of an account, and what they say nothing of."""

from typing import Any

import pytest

from channels.accounts.rate_limit import Tally
from channels.base import (
    HttpResponse,
    Outcome,
    OutcomeKind,
    Response,
    SmtpReply,
    TransportFailure,
)
from notifications.record.attempts import tallies
from notifications.record.outcomes import Finished
from notifications.record.recorder import rests
from notifyproj.core.clock import now

K = OutcomeKind
LOST = TransportFailure(sent=True, reason="lost", timed_out=True)
REFUSED = TransportFailure(sent=False, reason="refused")
NO_ROW: Any = None


def tried(
    kind: OutcomeKind,
    result: Response | TransportFailure | None,
    *,
    account: int = 7,
    **fields: Any,
) -> Finished:
    return Finished(
        row=NO_ROW,
        account_id=account,
        outcome=Outcome(kind),
        result=result,
        started_at=now(),
        duration=0.5,
        **fields,
    )


def answer(status: int, **headers: str) -> HttpResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(status, named, b"")


@pytest.mark.parametrize(
    ("kind", "result", "expected"),
    [
        (K.ACCEPTED, answer(200), Tally(ok=1, busy_ms=500)),
        (K.RETRY, answer(503), Tally(failed=1, busy_ms=500)),
        (K.RETRY, REFUSED, Tally(failed=1, busy_ms=500)),
        (K.UNCERTAIN, LOST, Tally(failed=1, busy_ms=500)),
        (K.RETRY, answer(408), Tally(ok=1, busy_ms=500)),
        (K.RETRY, answer(429), Tally(ok=1, busy_ms=500)),
        (K.RETRY, SmtpReply(450, "greylisted", "RCPT"), Tally(ok=1, busy_ms=500)),
        (K.RETRY, SmtpReply(451, "try later", "DATA"), Tally(failed=1, busy_ms=500)),
        (K.THROTTLED, answer(429), Tally(throttled=1, busy_ms=500)),
        (K.BAD_RECIPIENT, answer(410), Tally(ok=1, dead=1, busy_ms=500)),
        (K.MISCONFIGURED, answer(403), Tally(ok=1, busy_ms=500)),
    ],
)
def test_only_5xx_and_silence_are_failures(
    kind: OutcomeKind, result: Response | TransportFailure, expected: Tally
) -> None:
    assert tallies([tried(kind, result)]) == {7: expected}


@pytest.mark.parametrize("kind", [K.RETRY, K.THROTTLED, K.UNCERTAIN])
def test_somebody_elses_server_says_nothing_of_the_account(kind: OutcomeKind) -> None:
    assert tallies([tried(kind, LOST, foreign=True)]) == {}


@pytest.mark.parametrize("account", [0, -1, -2])
def test_channels_that_need_no_account_are_not_judged(account: int) -> None:
    assert tallies([tried(K.RETRY, answer(500), account=account)]) == {}


def test_what_never_left_is_not_counted() -> None:
    assert tallies([tried(K.REJECTED, None)]) == {}


def throttled(n: int, **headers: str) -> list[Finished]:
    return [tried(K.THROTTLED, answer(429, **headers)) for _ in range(n)]


def accepted(n: int) -> list[Finished]:
    return [tried(K.ACCEPTED, answer(200)) for _ in range(n)]


@pytest.mark.parametrize(
    ("tries", "expected"),
    [
        (throttled(4, retry_after="30") + accepted(3), {7: 30.0}),
        (throttled(4, retry_after="30") + accepted(4), {}),
        (throttled(2, retry_after="30"), {}),
        (throttled(9), {}),
        (throttled(9, retry_after="soon"), {}),
    ],
    ids=["most", "half", "a few", "no time named", "nonsense"],
)
def test_an_account_rests_when_most_was_refused_for_a_time(
    tries: list[Finished], expected: dict[int, float]
) -> None:
    assert rests(tries) == expected
