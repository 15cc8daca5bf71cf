"""When what is collected for a person goes out, as a type says it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from preferences.decision.quiet_hours import next_clock

LONGEST = timedelta(days=7)  # then it goes out, however few they are
DAILY = time(9)  # for a type that says only that it folds what is over a cap


@dataclass(frozen=True, slots=True)
class DigestRule:
    """It closes by count, so many seconds after its first item, or at an hour of the person's:
    whichever is first. `every`: all of the type is collected, not only what is over a cap."""

    by: str = ""  # the variable whose values are kept apart
    count: int = 0
    seconds: float = 0.0
    at: time | None = None
    every: bool = True

    def closes_at(self, now: datetime, zone: str) -> datetime:
        """The end of a digest whose first item comes now."""
        ends = [now + LONGEST]
        if self.seconds:
            ends.append(now + timedelta(seconds=self.seconds))
        if self.at is not None:
            ends.append(next_clock(now, zone, self.at))
        return min(ends)


def digest_rule(said: Mapping[str, Any], *, folds: bool) -> DigestRule | None:
    """`said` is `NotificationType.digest`; `folds`: what is over a cap is collected."""
    if not said:
        return DigestRule(at=DAILY, every=False) if folds else None
    at = said.get("at")
    return DigestRule(
        by=str(said.get("by") or ""),
        count=int(said.get("count") or 0),
        seconds=min(float(said.get("seconds") or 0), LONGEST.total_seconds()),
        at=time.fromisoformat(at) if at else None,
    )
