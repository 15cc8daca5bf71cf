"""What holds of every decision, whatever else is so: consent, suppression, silence, the trace."""

import zoneinfo
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from preferences.decision.decide import RULES, decide, explain
from preferences.decision.values import (
    SEND,
    Case,
    Defer,
    Fold,
    Limits,
    Over,
    PersonRules,
    Target,
    TypeRules,
)

CHANNELS = ("push", "email", "sms", "inbox")
ZONES = sorted(zoneinfo.available_timezones())
SCOPES = (7, 8, "c3", "c4", None)
START = datetime(2000, 1, 1, tzinfo=UTC)
NIGHTS = ((3, 8), (3, 29), (4, 5), (10, 4), (10, 25), (11, 1))
CHANGES = [datetime(2026, *night, tzinfo=UTC) for night in NIGHTS]
THEN = ("drop", "defer", "digest")
NEVER = datetime.max.replace(tzinfo=UTC)

# Half of them near the nights on which clocks change somewhere.
instants = st.one_of(
    st.timedeltas(timedelta(0), timedelta(days=35 * 365)).map(lambda since: START + since),
    st.builds(
        lambda day, hours: day + timedelta(hours=hours),
        st.sampled_from(CHANGES),
        st.floats(-36, 36),
    ),
)
clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45, 59]))
hours = st.tuples(clocks, clocks)
choices = st.dictionaries(
    st.tuples(st.sampled_from(SCOPES), st.sampled_from(("", *CHANNELS))), st.booleans(), max_size=6
)

rules = st.builds(
    TypeRules,
    id=st.just(7),
    mandatory=st.booleans(),
    passes_quiet_hours=st.booleans(),
    opt_in_channels=st.frozensets(st.sampled_from(CHANNELS)),
    category=st.sampled_from(("", "c3")),
    legal_class=st.sampled_from(("transactional", "service", "marketing")),
    window=st.none() | hours,
)
people = st.builds(
    PersonRules,
    choices=choices,
    timezone=st.sampled_from(["", *ZONES]),
    quiet=st.none() | hours,
    erased=st.booleans(),
    paused_until=st.none() | instants,
)
targets = st.builds(
    Target,
    channel=st.sampled_from(CHANNELS),
    reachable=st.booleans(),
    suppressed=st.booleans(),
    area=st.sampled_from(("", "US", "AT")),
)
limits = st.builds(
    Limits,
    duplicate=st.booleans(),
    over=st.none() | st.builds(Over, st.just("5 a day"), st.sampled_from(THEN), instants),
    unknown=st.booleans(),
)
cases = st.builds(Case, instants, rules, people, targets, instants, limits)


def marketing(case: Case, *, mandatory: bool = False) -> Case:
    made = replace(case.rules, legal_class="marketing", mandatory=mandatory)
    return case._replace(rules=made)


def goes_out(case: Case) -> bool:
    """Now, later, or as an item of a digest."""
    return decide(**case._asdict()) == SEND or isinstance(decide(**case._asdict()), Defer | Fold)


@given(cases, st.sampled_from(("", *CHANNELS)))
def test_an_unsubscribed_person_never_gets_marketing(case: Case, channel: str) -> None:
    case = marketing(case)
    said = {**case.person.choices, (None, channel): False}
    case = case._replace(person=replace(case.person, choices=said))
    if channel:
        case = case._replace(target=replace(case.target, channel=channel))

    assert not goes_out(case)


@given(cases)
def test_a_no_to_a_kind_of_news_is_kept_by_every_channel(case: Case) -> None:
    said = {key: yes for key, yes in case.person.choices.items() if key[0] != 7} | {(7, ""): False}
    case = marketing(case)._replace(person=replace(case.person, choices=said))

    assert not goes_out(case)


@given(cases)
def test_a_suppression_never_makes_more_sends(case: Case) -> None:
    """Not even of what is mandatory."""
    assert not goes_out(case._replace(target=replace(case.target, suppressed=True)))


def is_within(clock: time, start: time, end: time) -> bool:
    return start <= clock < end if start < end else start != end and not end <= clock < start


@settings(max_examples=400)
@given(cases, hours, st.sampled_from(ZONES))
def test_quiet_hours_are_kept_at_every_instant_in_every_zone(
    case: Case, quiet: tuple[time, time], zone: str
) -> None:
    case = case._replace(
        rules=replace(case.rules, mandatory=False, passes_quiet_hours=False),
        person=replace(case.person, quiet=quiet, timezone=zone),
    )
    if is_within(case.now.astimezone(zoneinfo.ZoneInfo(zone)).time(), *quiet):
        assert decide(**case._asdict()) != SEND


@settings(max_examples=400)
@given(instants, hours, st.sampled_from(ZONES))
def test_who_waits_for_quiet_hours_waits_for_their_end(
    now: datetime, quiet: tuple[time, time], zone: str
) -> None:
    person = PersonRules({}, zone, quiet)
    decision = decide(
        now,
        rules=TypeRules(7),
        person=person,
        target=Target("push"),
        expires_at=now + timedelta(days=9),
    )
    if isinstance(decision, Defer):
        again = decide(
            decision.until,
            rules=TypeRules(7),
            person=person,
            target=Target("push"),
            expires_at=NEVER,
        )
        assert now < decision.until <= now + timedelta(hours=26)
        assert again == SEND
    else:
        assert decision == SEND


@given(cases)
def test_what_is_explained_is_what_is_done(case: Case) -> None:
    steps = explain(**case._asdict())
    decided = decide(**case._asdict())

    assert all(step.decision is None for step in steps[:-1])
    assert decided == (steps[-1].decision or SEND)
    assert [step.rule for step in steps] == [rule.name for rule in RULES[: len(steps)]]
    assert steps[-1].decision is not None or len(steps) == len(RULES)
