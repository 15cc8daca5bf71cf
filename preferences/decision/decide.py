"""May this message go to this person on this channel now? Pure; asked at resolve and again at send.

The rules stand in `RULES` in their order, and the first that decides wins. `decide` and `explain`
read the same table, so what is explained is what was done. A reason is a stable code; its words
are in `notifications/reasons.py`.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from preferences.decision.quiet_hours import BY_LAW, Closed, closed_hours, next_open
from preferences.decision.values import (
    ALL_CHANNELS,
    ALL_TYPES,
    MARKETING,
    NO_LIMITS,
    SEND,
    Case,
    Decision,
    Defer,
    Fold,
    Limits,
    PersonRules,
    Skip,
    Target,
    TypeRules,
)

WHEN_UNCOUNTED = timedelta(minutes=5)  # marketing waits while nobody can count


class Rule(NamedTuple):
    name: str
    judge: Callable[[Case], Decision | None]  # None: it has no objection, the next one is asked
    input: Callable[[Case], str]  # what it looked at, in short


class Step(NamedTuple):
    """One rule as it was asked; `decision` is None where it let the message pass."""

    rule: str
    input: str
    decision: Decision | None


def decide(
    now: datetime,
    *,
    rules: TypeRules,
    person: PersonRules,
    target: Target,
    expires_at: datetime,
    limits: Limits = NO_LIMITS,
) -> Decision:
    """Returns what the first rule that has something to say decides; SEND if none has. Pure."""
    case = Case(
        now=now, rules=rules, person=person, target=target, expires_at=expires_at, limits=limits
    )
    for rule in RULES:
        decision = rule.judge(case)
        if decision is not None:
            return decision
    return SEND


def explain(
    now: datetime,
    *,
    rules: TypeRules,
    person: PersonRules,
    target: Target,
    expires_at: datetime,
    limits: Limits = NO_LIMITS,
) -> list[Step]:
    """Every rule that was asked, up to the one that decided; none decided: it is sent."""
    case = Case(
        now=now, rules=rules, person=person, target=target, expires_at=expires_at, limits=limits
    )
    steps = []
    for rule in RULES:
        steps.append(Step(rule.name, rule.input(case), rule.judge(case)))
        if steps[-1].decision is not None:
            break
    return steps


def basis(rules: TypeRules, person: PersonRules, channel: str) -> str:
    """Why a message may be sent, as a stable code: whose choice it was."""
    if rules.mandatory:
        return "mandatory"
    choices = person.choices
    if not choices:
        return "default"
    for scope, word in ((rules.id, "chosen_type"), (rules.category, "chosen_category")):
        if choices.get((scope, channel)) or choices.get((scope, ALL_CHANNELS)):
            return word
    return "default"


def _erased(case: Case) -> Decision | None:
    return Skip("recipient_erased") if case.person.erased else None


def _unreachable(case: Case) -> Decision | None:
    return None if case.target.reachable else Skip("no_contact_point")


def _suppressed(case: Case) -> Decision | None:
    return Skip("suppressed") if case.target.suppressed else None


def _mandatory(case: Case) -> Decision | None:
    if not case.rules.mandatory:
        return None
    return Skip("expired") if case.expires_at <= case.now else SEND


def _unsubscribed(case: Case) -> Decision | None:
    choices = case.person.choices
    if not choices:
        return None
    if choices.get((ALL_TYPES, ALL_CHANNELS)) is False:
        return Skip("unsubscribed")
    if choices.get((ALL_TYPES, case.target.channel)) is False:
        return Skip("unsubscribed_channel")
    return None


def _paused(case: Case) -> Decision | None:
    until = case.person.paused_until
    return Skip("paused") if until is not None and until > case.now else None


def _choice(case: Case) -> Decision | None:
    """The narrowest choice counts; without one, silence means no where the channel is opt-in."""
    rules, channel = case.rules, case.target.channel
    said = _said(case)
    if said is None:
        return Skip("not_opted_in") if channel in rules.opt_in_channels else None
    return None if said else Skip("opted_out")


def _said(case: Case) -> bool | None:
    choices, channel = case.person.choices, case.target.channel
    if not choices:
        return None
    for scope in (case.rules.id, case.rules.category):
        for where in (channel, ALL_CHANNELS):
            if scope and (scope, where) in choices:
                return choices[scope, where]
    return None


def _expired(case: Case) -> Decision | None:
    return Skip("expired") if case.expires_at <= case.now else None


def _duplicate(case: Case) -> Decision | None:
    return Skip("duplicate") if case.limits.duplicate else None


def _capped(case: Case) -> Decision | None:
    over = case.limits.over
    if over is None:
        if case.limits.unknown and case.rules.legal_class == MARKETING:
            return Defer(case.now + WHEN_UNCOUNTED, "caps_unknown")
        return None
    match over.then:
        case "defer":
            return Defer(over.until, "over_cap")
        case "digest":
            return Fold("over_cap")
        case _:
            return Skip("over_cap")


def _hours(case: Case) -> Decision | None:
    hours = _closed(case)
    found = next_open(case.now, hours) if hours else None
    return Defer(*found) if found else None


def _closed(case: Case) -> tuple[Closed, ...]:
    """Most people and types have none: that is seen without looking at a clock."""
    rules, person, target = case.rules, case.person, case.target
    quiet = None if rules.passes_quiet_hours else person.quiet
    by_law = target.channel == "sms" and rules.legal_class == MARKETING and target.area in BY_LAW
    if quiet is None and rules.window is None and not by_law:
        return ()
    country = target.area if by_law else ""
    return tuple(closed_hours(person.timezone, quiet, rules.window, country))


def _choice_text(case: Case) -> str:
    said = _said(case)
    if said is not None:
        return "yes" if said else "no"
    return "nothing said, and this channel needs a yes" if _needs_yes(case) else "nothing said"


def _needs_yes(case: Case) -> bool:
    return case.target.channel in case.rules.opt_in_channels


def _limit_text(case: Case) -> str:
    if case.limits.over is not None:
        return f"{case.limits.over.cap} is used up"
    return "cannot be counted now" if case.limits.unknown else "not reached"


def _hours_text(case: Case) -> str:
    closed = [f"{c.reason} {c.start:%H:%M}-{c.end:%H:%M} {c.zone or 'UTC'}" for c in _closed(case)]
    return ", ".join(closed) or "none"


RULES: tuple[Rule, ...] = (
    Rule("erased", _erased, lambda case: "yes" if case.person.erased else "no"),
    Rule("address", _unreachable, lambda case: "there is one" if case.target.reachable else "none"),
    Rule("suppression", _suppressed, lambda case: "yes" if case.target.suppressed else "no"),
    Rule("mandatory", _mandatory, lambda case: "yes" if case.rules.mandatory else "no"),
    Rule("unsubscribed", _unsubscribed, lambda case: "yes" if _unsubscribed(case) else "no"),
    Rule("pause", _paused, lambda case: str(case.person.paused_until or "none")),
    Rule("choice", _choice, _choice_text),
    Rule("expiry", _expired, lambda case: case.expires_at.isoformat(timespec="seconds")),
    Rule("duplicate", _duplicate, lambda case: "yes" if case.limits.duplicate else "no"),
    Rule("caps", _capped, _limit_text),
    Rule("hours", _hours, _hours_text),
)
