"""A delivery remembers why in a few words, and they are read as sentences."""

from datetime import UTC, datetime

import pytest

from notifications.reasons import REASONS
from notifications.resolve import trace as traces
from notifications.resolve.rows import of_decision, with_caps
from notifications.resolve.trace import BASES, RULE_OF, WAITED, read
from preferences.decision.cap_codes import cap_code
from preferences.decision.values import SEND, Decision, Defer, Fold, Skip

LATER = datetime(2026, 11, 22, tzinfo=UTC)
BASIS = ("basis", BASES["default"])


@pytest.mark.parametrize(
    ("decision", "trace"),
    [
        (SEND, "default"),
        (Defer(LATER, "quiet_hours"), "default wait:quiet_hours"),
        (Skip("opted_out"), "skip:opted_out"),
        (Fold("over_cap"), "default fold:over_cap"),
    ],
)
def test_a_trace_is_the_ground_and_what_was_decided(decision: Decision, trace: str) -> None:
    assert of_decision(decision, lambda: "default") == trace


def test_what_was_sent_says_on_what_ground_and_how_much_was_taken() -> None:
    assert read("chosen_type t3/h:1 cs5/d:2 am20/w:7", "") == [
        ("basis", "The person opted in to this notification type."),
        ("caps", "At most 3 an hour of this type: this was number 1."),
        ("caps", "At most 5 a day of this category, if it is service: this was number 2."),
        ("caps", "At most 20 a week of all marketing messages: this was number 7."),
    ]


@pytest.mark.parametrize(
    ("trace", "reason", "lines"),
    [
        ("skip:opted_out", "opted_out", [("choice", f"{REASONS['opted_out']}.")]),
        (
            "skip:over_cap a5/d:!",
            "over_cap",
            [
                ("caps", f"{REASONS['over_cap']}."),
                ("caps", "At most 5 a day of all messages: the cap was reached."),
            ],
        ),
        (
            "default wait:quiet_hours",
            "quiet_hours",
            [BASIS, ("hours", f"{REASONS['quiet_hours']}.")],
        ),
        ("default wait:quiet_hours", "", [BASIS, ("hours", WAITED["quiet_hours"])]),
        (
            "default wait:quiet_hours",
            "unsubscribed",
            [
                *(BASIS, ("hours", WAITED["quiet_hours"])),
                ("unsubscribed", f"{REASONS['unsubscribed']}."),
            ],
        ),
        ("default", "21610", [BASIS, ("delivery", "The provider reported 21610.")]),
        ("", "", []),
        ("", "cancelled", [("delivery", f"{REASONS['cancelled']}.")]),
        ("what <b>nobody</b> wrote: x:", "", []),
    ],
)
def test_what_holds_now_is_told_beside_what_was_decided(
    trace: str, reason: str, lines: list[traces.Line]
) -> None:
    assert read(trace, reason) == lines


def test_a_trace_fits_its_column_and_holds_whole_words() -> None:
    caps = tuple(cap_code("a", "marketing", 10**9 + n, "week", "1") for n in range(20))

    trace = with_caps("default wait:quiet_hours", caps)

    assert len(trace) <= 120
    assert set(trace.split()[2:]) < set(caps)


def test_every_reason_of_a_rule_has_words() -> None:
    assert RULE_OF.keys() <= REASONS.keys()
