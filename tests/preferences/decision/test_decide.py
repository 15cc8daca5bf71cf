"""The rules of consent, each alone and in their order."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preferences.decision.decide import decide
from preferences.decision.values import SEND, Choices, Defer, PersonRules, Skip, Target, TypeRules

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
NEWS = TypeRules(id=7)
ANYBODY = PersonRules(choices={})
PHONE = Target("push")
ALL_DAY = (time(0, 0), time(23, 59, 59))

NO_TO_ALL: Choices = {(None, ""): False}
NO_TO_PUSH: Choices = {(None, "push"): False}
NO_TO_NEWS: Choices = {(7, ""): False}
NO_TO_NEWS_BY_PUSH: Choices = {(7, "push"): False}


@pytest.mark.parametrize(
    ("choices", "decision"),
    [
        ({}, SEND),
        (NO_TO_ALL, Skip("unsubscribed")),
        (NO_TO_PUSH, Skip("unsubscribed_channel")),
        (NO_TO_NEWS, Skip("opted_out")),
        (NO_TO_NEWS_BY_PUSH, Skip("opted_out")),
        ({(7, "push"): True}, SEND),
        ({(7, ""): True}, SEND),
        # what is said of something else changes nothing here
        ({(None, "sms"): False}, SEND),
        ({(8, ""): False}, SEND),
        ({(7, "sms"): False}, SEND),
        # the narrower choice wins among those about the type
        ({(7, ""): False, (7, "push"): True}, SEND),
        ({(7, ""): True, (7, "push"): False}, Skip("opted_out")),
        # but none revives what was refused altogether
        ({(None, ""): False, (7, "push"): True}, Skip("unsubscribed")),
        ({(None, "push"): False, (7, "push"): True}, Skip("unsubscribed_channel")),
        ({(None, ""): True, (7, "push"): False}, Skip("opted_out")),
    ],
)
def test_a_persons_choices_are_kept(choices: Choices, decision: object) -> None:
    assert (
        decide(NOW, rules=NEWS, person=PersonRules(choices), target=PHONE, expires_at=LATER)
        == decision
    )


@pytest.mark.parametrize(
    ("choices", "decision"),
    [
        ({}, Skip("not_opted_in")),
        ({(8, ""): True}, Skip("not_opted_in")),
        ({(None, ""): True}, Skip("not_opted_in")),
        ({(7, "push"): True}, SEND),
        ({(7, ""): True}, SEND),
        (NO_TO_NEWS, Skip("opted_out")),
    ],
)
def test_silence_means_no_on_an_opt_in_channel(choices: Choices, decision: object) -> None:
    rules = replace(NEWS, opt_in_channels=frozenset({"push"}))
    assert (
        decide(NOW, rules=rules, person=PersonRules(choices), target=PHONE, expires_at=LATER)
        == decision
    )


def test_opting_in_is_asked_only_where_the_type_asks_for_it() -> None:
    rules = replace(NEWS, opt_in_channels=frozenset({"sms"}))
    assert decide(NOW, rules=rules, person=ANYBODY, target=PHONE, expires_at=LATER) == SEND


@pytest.mark.parametrize(
    "choices", [NO_TO_ALL, NO_TO_PUSH, NO_TO_NEWS, NO_TO_NEWS_BY_PUSH], ids=str
)
def test_mandatory_news_passes_every_choice(choices: Choices) -> None:
    rules = replace(NEWS, mandatory=True, opt_in_channels=frozenset({"push"}))
    assert (
        decide(NOW, rules=rules, person=PersonRules(choices), target=PHONE, expires_at=LATER)
        == SEND
    )


@pytest.mark.parametrize("rules", [replace(NEWS, mandatory=True), NEWS], ids=["mandatory", "news"])
@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (replace(PHONE, reachable=False), "no_contact_point"),
        (replace(PHONE, suppressed=True), "suppressed"),
    ],
)
def test_nothing_passes_a_dead_or_suppressed_address(
    rules: TypeRules, target: Target, reason: str
) -> None:
    assert decide(NOW, rules=rules, person=ANYBODY, target=target, expires_at=LATER) == Skip(reason)


def test_what_comes_at_its_expiry_comes_too_late() -> None:
    assert decide(NOW, rules=NEWS, person=ANYBODY, target=PHONE, expires_at=NOW) == Skip("expired")


def test_quiet_hours_put_it_off_until_they_end() -> None:
    person = PersonRules({}, quiet=(time(9), time(18, 30)))
    until = NOW.replace(hour=18, minute=30)
    assert decide(NOW, rules=NEWS, person=person, target=PHONE, expires_at=LATER) == Defer(
        until, "quiet_hours"
    )


@pytest.mark.parametrize(
    "rules", [replace(NEWS, mandatory=True), replace(NEWS, passes_quiet_hours=True)], ids=str
)
def test_types_so_marked_pass_quiet_hours(rules: TypeRules) -> None:
    assert (
        decide(
            NOW, rules=rules, person=PersonRules({}, quiet=ALL_DAY), target=PHONE, expires_at=LATER
        )
        == SEND
    )


def test_the_first_rule_that_matches_gives_the_reason() -> None:
    """Everything is wrong at once; then mended one by one, in the order of the rules."""
    choices: Choices = {**NO_TO_ALL, **NO_TO_PUSH, **NO_TO_NEWS}
    person = PersonRules(choices, quiet=ALL_DAY, erased=True)
    target = Target("push", reachable=False, suppressed=True)
    known = replace(person, erased=False)
    reached = replace(target, reachable=True)
    subscribed = replace(known, choices={**NO_TO_PUSH, **NO_TO_NEWS})
    cases = [
        (person, target, "recipient_erased"),
        (known, target, "no_contact_point"),
        (known, reached, "suppressed"),
        (known, PHONE, "unsubscribed"),
        (subscribed, PHONE, "unsubscribed_channel"),
        (replace(known, choices=NO_TO_NEWS), PHONE, "opted_out"),
        (replace(known, choices={}), PHONE, "expired"),
    ]
    for who, where, reason in cases:
        assert decide(NOW, rules=NEWS, person=who, target=where, expires_at=NOW) == Skip(reason)


CHOICES = st.dictionaries(
    st.tuples(st.sampled_from([None, 7, 8]), st.sampled_from(["", "push", "sms"])), st.booleans()
)
TARGETS = st.builds(Target, st.just("push"), st.booleans(), st.booleans())
PEOPLE = st.builds(
    PersonRules,
    CHOICES,
    st.sampled_from(["UTC", "Asia/Kolkata"]),
    st.none() | st.tuples(st.times(), st.times()).filter(lambda pair: pair[0] != pair[1]),
    st.booleans(),
)
TYPES = st.builds(
    TypeRules,
    st.just(7),
    st.booleans(),
    st.booleans(),
    st.frozensets(st.sampled_from(["push", "sms"])),
)


@given(TYPES, PEOPLE, TARGETS)
def test_who_refused_or_cannot_be_reached_is_never_sent_anything(
    rules: TypeRules, person: PersonRules, target: Target
) -> None:
    refused = (person.choices.get((None, "")) is False) and not rules.mandatory
    if person.erased or target.suppressed or not target.reachable or refused:
        assert isinstance(
            decide(NOW, rules=rules, person=person, target=target, expires_at=LATER), Skip
        )


@given(TYPES, PEOPLE, TARGETS)
def test_one_more_no_never_lets_more_through(
    rules: TypeRules, person: PersonRules, target: Target
) -> None:
    strictness = {type(SEND): 0, Defer: 1, Skip: 2}
    stricter = replace(person, choices={**person.choices, (None, "push"): False})
    before = decide(NOW, rules=rules, person=person, target=target, expires_at=LATER)
    after = decide(NOW, rules=rules, person=stricter, target=target, expires_at=LATER)
    assert strictness[type(before)] <= strictness[type(after)]
