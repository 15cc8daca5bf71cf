"""The story of a delivery, told in order."""

from datetime import UTC, datetime, timedelta
from typing import Any

from channels.base import OutcomeKind
from notifications.admin.log.steps import Heard, Step, Story, Try, steps

START = datetime(2026, 11, 27, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def story(*tries: Try, heard: tuple[Heard, ...] = (), ended: Step | None = None) -> Story:
    return Story(
        created_at=START,
        why=["The person chose this kind of news."],
        ready_at=START,
        attempts=tries,
        heard=heard,
        ended=ended,
    )


def a_try(number: int, seconds: float, outcome: OutcomeKind, **fields: Any) -> Try:
    return Try(
        number=number,
        started_at=at(seconds),
        duration_ms=42,
        outcome=outcome,
        account="acme",
        **fields,
    )


def test_tries_are_told_with_the_account_and_what_it_said() -> None:
    told = steps(story(a_try(1, 0.2, OutcomeKind.RETRY, reason="Busy", code="503")))[1]
    assert told.title == "Attempt 1 through acme: temporary failure, after 42 ms"
    assert (told.tone, told.lines, told.technical) == ("warn", ["Busy"], ["503"])


def test_each_step_says_how_long_after_the_one_before_it_came() -> None:
    told = steps(story(a_try(1, 0.5, OutcomeKind.RETRY), a_try(2, 10.5, OutcomeKind.ACCEPTED)))
    assert [step.after for step in told] == [None, 0.5, 10.0]


def test_what_was_said_later_comes_after_the_tries() -> None:
    heard = (Heard("opened", at(60), is_bot=True), Heard("bounced_hard", at(30), "acme"))
    told = steps(story(a_try(1, 1, OutcomeKind.ACCEPTED), heard=heard))
    assert [step.title for step in told[2:]] == ["Bounced", "Opened by a bot"]


def test_a_wait_of_our_own_choosing_is_told() -> None:
    told = steps(
        Story(created_at=START, why=[], ready_at=at(3600), attempts=[], heard=[], ended=None)
    )
    assert [(step.title, step.after) for step in told] == [
        ("Created", None),
        ("Ready to send", 3600.0),
    ]
