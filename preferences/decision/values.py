"""Input and results of the decision whether a message may be sent. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from preferences.decision.quiet_hours import Hours

ALL_TYPES = None
ALL_CHANNELS = ""
MARKETING = "marketing"

# Type id, category key ("c3") or None for everything; channel or "" for every channel.
Scope = int | str | None
Choices = Mapping[tuple[Scope, str], bool]


def category_key(category_id: int) -> str:
    """What stands for a category where a type has its id."""
    return f"c{category_id}"


@dataclass(frozen=True, slots=True)
class TypeRules:
    """What a notification type says about consent and hours."""

    id: int
    mandatory: bool = False
    passes_quiet_hours: bool = False
    opt_in_channels: frozenset[str] = frozenset()
    category: str = ""  # its key among the choices: "c3"
    legal_class: str = "service"
    window: Hours | None = None  # sent only then, in the person's zone


@dataclass(frozen=True, slots=True, eq=False)  # the same only as itself: cheap as a key
class PersonRules:
    """What a person said: by (type id, category or None; channel or "") yes or no."""

    choices: Choices
    timezone: str = "UTC"  # "": nobody knows
    quiet: Hours | None = None  # local, may cross midnight
    erased: bool = False
    paused_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """The contact point in question; `reachable` is False when there is none, or a dead one."""

    channel: str
    reachable: bool = True
    suppressed: bool = False
    area: str = ""  # the country of a number


class Over(NamedTuple):
    """A cap that is used up, and what the type wants then: drop, defer or digest."""

    cap: str  # "5 a day"
    then: str
    until: datetime


class Limits(NamedTuple):
    """What was counted before, for this person and message."""

    duplicate: bool = False
    over: Over | None = None
    unknown: bool = False  # the counters are away


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


@dataclass(frozen=True, slots=True)
class Fold:
    """Not by itself: an item of the person's next digest."""

    reason: str


Decision = Send | Defer | Skip | Fold
SEND = Send()
NO_CHOICES: Choices = {}
NO_LIMITS = Limits()


class Case(NamedTuple):
    now: datetime
    rules: TypeRules
    person: PersonRules
    target: Target
    expires_at: datetime
    limits: Limits
