"""May this message go to this person on this channel now? Pure; asked at resolve and again at send.

The rules in their order, first match wins. A reason is a stable code; its words are in
`notifications/reasons.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

ALL_TYPES = None
ALL_CHANNELS = ""

Choices = Mapping[tuple[int | None, str], bool]


@dataclass(frozen=True, slots=True)
class TypeRules:
    """What a notification type says about consent and hours."""

    id: int
    mandatory: bool = False
    passes_quiet_hours: bool = False
    opt_in_channels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PersonRules:
    """What a person said. `choices` holds (type id or None, channel or "") → yes or no."""

    choices: Choices
    timezone: str = "UTC"
    quiet: tuple[time, time] | None = None  # local, may cross midnight
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """The contact point in question; `reachable` is False when there is none, or a dead one."""

    channel: str
    reachable: bool = True
    suppressed: bool = False


@dataclass(frozen=True, slots=True)
class Send:
    pass


@dataclass(frozen=True, slots=True)
class Defer:
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Skip:
    reason: str


Decision = Send | Defer | Skip
SEND = Send()
NO_CHOICES: Choices = {}


def decide(
    now: datetime, rules: TypeRules, person: PersonRules, target: Target, expires_at: datetime
) -> Decision:
    if person.erased:
        return Skip("recipient_erased")
    if not target.reachable:
        return Skip("no_contact_point")
    if target.suppressed:
        return Skip("suppressed")
    if not rules.mandatory and (refusal := _refusal(rules, person.choices, target.channel)):
        return Skip(refusal)
    if expires_at <= now:
        return Skip("expired")
    if person.quiet is None or rules.mandatory or rules.passes_quiet_hours:
        return SEND
    until = quiet_until(now, person.timezone, *person.quiet)
    return Defer(until, "quiet_hours") if until else SEND


def _refusal(rules: TypeRules, choices: Choices, channel: str) -> str:
    """Why the person's choices forbid it; "" when they do not."""
    if not choices:
        return "not_opted_in" if channel in rules.opt_in_channels else ""
    if choices.get((ALL_TYPES, ALL_CHANNELS)) is False:
        return "unsubscribed"
    if choices.get((ALL_TYPES, channel)) is False:
        return "unsubscribed_channel"
    choice = choices.get((rules.id, channel), choices.get((rules.id, ALL_CHANNELS)))
    if choice is None:
        return "not_opted_in" if channel in rules.opt_in_channels else ""
    return "" if choice else "opted_out"


def _zone(name: str) -> tzinfo:
    """UTC for one this machine does not know: a person's odd zone must not stop a chunk."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def quiet_until(now: datetime, zone: str, start: time, end: time) -> datetime | None:
    """When the quiet hours that hold at `now` end, in UTC; None when none hold."""
    local = now.astimezone(_zone(zone))
    clock = local.time()
    crosses_midnight = start > end
    if crosses_midnight and end <= clock < start:
        return None
    if not crosses_midnight and not start <= clock < end:
        return None
    day = local.date() + timedelta(days=1 if crosses_midnight and clock >= start else 0)
    until = datetime.combine(day, end, local.tzinfo)
    if until.astimezone(UTC) <= now:  # the hour that is repeated when summer time ends
        until = until.replace(fold=1)
    return until.astimezone(UTC)
