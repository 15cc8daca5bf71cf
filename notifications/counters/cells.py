"""What a counter counts, and which counts a delivery belongs to. Pure: whoever counts and whoever
recounts agree by this.

Measures are numbers that `counter.measure` holds, stable once written. Below `LAW_ENDS` it is a
State, or `CREATED`: the conservation law is about these, in delivery rows.
"""

from bisect import bisect_right
from functools import lru_cache
from typing import NamedTuple

from channels.base import EventKind
from notifications.reasons import counted_as
from notifications.statuses import FINAL, ProviderOutcome, State
from notifyproj.core.ids import milliseconds_in

CREATED = 0
LAW_ENDS = 100
OUTCOME = 100  # + a ProviderOutcome above SENT: deliveries of which this is the word by now
COMPLAINED = 201  # events
UNSUBSCRIBED = 202
COST = 210  # `n` is millionths, of every attempt
LATENCY = 1_000  # + 100 · lane + bucket: tries a provider took, by how long after `ready_at`
HEARD = {EventKind.COMPLAINED: COMPLAINED, EventKind.UNSUBSCRIBED: UNSUBSCRIBED}
HOUR_MS = 3_600_000
PREFIX = 13  # characters of an id that hold its milliseconds
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
# Milliseconds at which the next bucket begins; close where the bar is.
BOUNDS = (
    *(1, 2, 5, 10, 20, 35, 50, 75, 100, 150, 200, 350, 500, 750),
    *(SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND),
    *(MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 12 * HOUR, 72 * HOUR),
)


def latency(lane: int, milliseconds: int) -> int:
    """Returns the measure that counts a latency of so many milliseconds in this lane."""
    return LATENCY + 100 * lane + bisect_right(BOUNDS, milliseconds)


def lane_and_bucket(measure: int) -> tuple[int, int]:
    """Returns the lane and the bucket of BOUNDS that a latency measure stands for."""
    return divmod(measure - LATENCY, 100)


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
        return Cell(
            hour=self.hour,
            arm_id=self.arm_id,
            type_id=self.type_id,
            channel=self.channel,
            account_id=0,
            measure=CREATED,
        )

    def cells(self) -> list[Cell]:
        place = self[:5]
        found = []
        if self.state in FINAL:
            reason = "" if self.state == State.SENT else counted_as(self.reason)
            found.append(Cell(*place, self.state, reason))
        if self.outcome > ProviderOutcome.SENT:
            found.append(Cell(*place, OUTCOME + self.outcome))
        return found
