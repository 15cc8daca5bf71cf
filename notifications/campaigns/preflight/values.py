"""What a preflight finds. Numbers are estimates, of the whole audience. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from notifications.campaigns.preflight.estimates import Speed


@dataclass(frozen=True, slots=True)
class Reach:
    """The reach of one channel; people and messages are estimates for the whole audience."""

    channel: str
    people: int
    messages: int
    later: int  # messages that would wait: quiet hours, the law's hours, a cap
    units: int  # what providers bill for: parts of an SMS
    cost: float | None  # None: nobody said what it costs


@dataclass(frozen=True, slots=True)
class Dropped:
    """Messages that would not be sent, by reason."""

    channel: str
    reason: str
    text: str
    messages: int


@dataclass(frozen=True, slots=True)
class Broken:
    """Messages that cannot be rendered or built."""

    variant: str
    channel: str
    problem: str
    people: int
    examples: tuple[str, ...]  # external ids


@dataclass(frozen=True, slots=True)
class Concern:
    """A concern that must be acknowledged by its `code` before a launch."""

    code: str
    text: str
    people: int  # about so many are concerned


@dataclass(frozen=True, slots=True)
class Preflight:
    audience: int
    sampled: int
    held_out: int
    reached: int  # people who would get something
    skipped: int = 0  # their hour has passed, and they are left out
    reach: tuple[Reach, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    broken: tuple[Broken, ...] = ()
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    speed: tuple[Speed, ...] = ()
    problems: Mapping[str, str] = field(default_factory=dict)  # why it cannot be launched, by field
    warnings: tuple[str, ...] = ()
    acknowledge: tuple[Concern, ...] = ()

    @property
    def cost(self) -> float | None:
        known = [each.cost for each in self.reach if each.cost is not None]
        return sum(known) if known else None
