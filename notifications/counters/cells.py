"""Which counts a delivery belongs to. Pure: whoever counts and whoever recounts agree by this."""

from functools import lru_cache
from typing import NamedTuple

from channels.base import EventKind
from notifications.counters.measures import COMPLAINED, CREATED, OUTCOME, UNSUBSCRIBED
from notifications.reasons import counted_as
from notifications.statuses import FINAL, ProviderOutcome, State
from notifyproj.core.ids import milliseconds_in

HOUR_MS = 3_600_000
PREFIX = 13  # characters of an id that hold its milliseconds
HEARD = {EventKind.COMPLAINED: COMPLAINED, EventKind.UNSUBSCRIBED: UNSUBSCRIBED}


class Cell(NamedTuple):
    """Of deliveries created in that hour, by what they are."""

    hour: int  # since 1970: hashed in a tenth of the time an instant takes
    arm_id: int
    type_id: int
    channel: str
    account_id: int
    measure: int
    reason: str = ""


def hour_of(delivery_id: str) -> int:
    """The hour a delivery was created in, from the milliseconds in its UUIDv7."""
    return _hour(delivery_id[:PREFIX])


@lru_cache(maxsize=4096)  # the deliveries of a notification share them
def _hour(prefix: str) -> int:
    return milliseconds_in(prefix) // HOUR_MS


class Settled(NamedTuple):
    """What a delivery is counted as, once or again; open ones count as nothing here."""

    hour: int
    arm_id: int
    type_id: int
    channel: str
    account_id: int
    state: int
    reason: str = ""
    outcome: int = 0

    def created(self) -> Cell:
        """No account has it yet."""
        return Cell(self.hour, self.arm_id, self.type_id, self.channel, 0, CREATED)

    def cells(self) -> list[Cell]:
        place = self[:5]
        found = []
        if self.state in FINAL:
            reason = "" if self.state == State.SENT else counted_as(self.reason)
            found.append(Cell(*place, self.state, reason))
        if self.outcome > ProviderOutcome.SENT:
            found.append(Cell(*place, OUTCOME + self.outcome))
        return found
