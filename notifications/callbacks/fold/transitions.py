"""What events mean for a delivery's state and outcome. Pure.

The outcome rises by rank and never falls. A word that the message went out counts for whichever
try it is about: the person has it. A failure counts for the last attempt only.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from channels.base import EventKind
from notifications.callbacks.fold.parse import Told
from notifications.statuses import ProviderOutcome, State

RANKS = {
    EventKind.SENT: ProviderOutcome.SENT,
    EventKind.DEFERRED: ProviderOutcome.DEFERRED,
    EventKind.DELIVERED: ProviderOutcome.DELIVERED,
    EventKind.OPENED: ProviderOutcome.OPENED,
    EventKind.CLICKED: ProviderOutcome.CLICKED,
    EventKind.FAILED: ProviderOutcome.FAILED,
    EventKind.SUPPRESSED: ProviderOutcome.SUPPRESSED,
    EventKind.BOUNCED_SOFT: ProviderOutcome.BOUNCED_SOFT,
    EventKind.BOUNCED_HARD: ProviderOutcome.BOUNCED,
}  # complaints and unsubscriptions stand beside the outcome, not in it
BAD_NEWS = frozenset(outcome for outcome in ProviderOutcome if outcome >= ProviderOutcome.FAILED)
LATE_FAILURE = "late_failure"
UNHEARD_OF = frozenset({State.AWAITING, State.UNCERTAIN})  # left, and no answer came
MAY_HAVE_LEFT = UNHEARD_OF | {State.WAITING, State.LEASED}


class Row(NamedTuple):
    """A delivery as it is, locked."""

    id: str
    state: int
    outcome: int
    claims: int
    account_id: int | None
    channel: str
    type_id: int
    notification_id: str
    recipient_id: int | None
    contact_point_id: int | None
    lane: int
    arm_id: int
    reason: str
    attempts: int = 1  # that count
    expires_at: datetime | None = None


class Verdict(NamedTuple):
    row: Row
    state: State
    outcome: ProviderOutcome
    account_id: int | None
    reason: str  # of a new state
    due_at: datetime | None = None  # of another attempt

    @property
    def is_move(self) -> bool:
        return self.state != self.row.state

    @property
    def account(self) -> int | None:
        """Whose message it is from now on."""
        return self.row.account_id if self.account_id is None else self.account_id


Tries = Mapping[int, int | None]  # account id by number


def rank_of(told: Told) -> ProviderOutcome:
    """A scanner or a proxy that opens a message proves that it arrived, and no more."""
    outcome = RANKS.get(told.event.kind, ProviderOutcome.NONE)
    return min(outcome, ProviderOutcome.DELIVERED) if told.event.is_bot else outcome


def is_early(row: Row, told: Told, tries: Tries) -> bool:
    """Bad news of a try that a worker has not written down yet: it counts once that is done."""
    if row.state != State.LEASED or rank_of(told) not in BAD_NEWS:
        return False
    return (told.attempt or row.claims) == row.claims and row.claims not in tries


def fails_in_passing(row: Row, told: Told, tries: Tries) -> bool:
    """What was taken failed after all, for a reason that may be over at the next attempt."""
    is_last = (told.attempt or row.claims) == row.claims
    taken = row.state in (State.SENT, State.AWAITING) and row.outcome < ProviderOutcome.DELIVERED
    return told.event.passing and taken and is_last and _is_of(row, told, tries)


def verdict(
    row: Row, told: Sequence[Told], tries: Tries, again_at: datetime | None = None
) -> Verdict | None:
    """None when nothing changes. `again_at`: when what failed in passing is tried once more."""
    if again_at is not None and max(map(rank_of, told)) in BAD_NEWS:
        good = [rank_of(one) for one in told if rank_of(one) not in BAD_NEWS]
        if max(good, default=ProviderOutcome.NONE) < ProviderOutcome.DELIVERED:
            none = ProviderOutcome.NONE  # the next attempt has its own
            return Verdict(
                row=row,
                state=State.WAITING,
                outcome=none,
                account_id=None,
                reason=LATE_FAILURE,
                due_at=again_at,
            )
    state, outcome, reason = State(row.state), ProviderOutcome(row.outcome), ""
    account_id = None
    for one in told:
        rank = rank_of(one)
        if rank == ProviderOutcome.NONE or not _is_of(row, one, tries):
            continue
        if rank in BAD_NEWS:
            if (one.attempt or row.claims) != row.claims or state in (State.WAITING, State.LEASED):
                continue
            if state in UNHEARD_OF:
                state, reason = State.FAILED, one.event.code or one.event.kind.value
        elif state in MAY_HAVE_LEFT:
            state, reason, account_id = State.SENT, "", one.account_id
        outcome = max(outcome, rank)
    if state == row.state and outcome == row.outcome:
        return None
    return Verdict(row=row, state=state, outcome=outcome, account_id=account_id, reason=reason)


def _is_of(row: Row, told: Told, tries: Tries) -> bool:
    """Whether that account made that attempt: nobody's word counts for messages of another."""
    if told.account_id is None:
        return True  # our own links name the delivery under our signature
    if told.channel != row.channel:
        return False
    number = told.attempt or row.claims
    if number in tries:
        return tries[number] == told.account_id
    if number != row.claims:
        return False
    return row.state == State.LEASED or row.account_id == told.account_id
