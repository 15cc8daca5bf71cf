"""What is planned: a job, and the delivery rows it is turned into."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from channels.base import Lane
from notifications.dispatch.dispatch import HINT_LIFE, Due
from notifications.statuses import State
from notifyproj.core.ids import delivery_id
from preferences.decision.decide import basis
from preferences.decision.values import Decision, Defer, Fold, Send, Skip
from preferences.facts.facts import Person, Point
from preferences.facts.types import Fallback, TypeValue

IN_DIGEST = "in_digest"
LONGEST_TRACE = 120  # characters of its column
OWN = 5  # fields of a row that are its own
Shared = tuple[Any, ...]  # the others


@dataclass(frozen=True, slots=True)
class Job:
    """A notification, or a page of its audience, to be turned into deliveries."""

    notification_id: str
    milliseconds: int  # of the notification's id: its deliveries share the partition
    type: TypeValue
    template_version_id: int
    lane: int
    channels: tuple[str, ...]
    expires_at: datetime
    recipients: Sequence[int]
    unknown: Sequence[str] = ()
    fallbacks: tuple[Fallback, ...] = ()  # the first to each channel; see `fallback.py`
    content_hash: bytes = b""  # what its duplicates share; b"": it has none
    gathered: bool = False  # a digest itself: it is not an item of another
    arm_id: int = 0  # of the campaign's run; 0: of none

    @property
    def fallback_channels(self) -> tuple[str, ...]:
        return tuple(step.to for step in self.fallbacks)

    @property
    def collects(self) -> bool:
        """Whether it may wait in a digest; what a digest itself says is not collected again."""
        return self.type.digest is not None and not self.gathered

    @property
    def places(self) -> tuple[str, ...]:
        """Where contact points are looked for, in the order of the rows."""
        return (*self.channels, *(step.place for step in self.fallbacks))


class Row(NamedTuple):
    """A delivery to insert: first what is its own, then what many share. See `store.insert`."""

    id: str
    recipient_id: int | None
    contact_point_id: int | None
    unknown_recipient: str | None
    fallback_of: str | None
    notification_id: str
    app_id: int | None
    type_id: int
    template_version_id: int
    lane: int
    state: int
    dispatch_no: int
    channel: str
    reason: str
    due_at: datetime | None
    expires_at: datetime
    settled_at: datetime | None
    arm_id: int | None
    ready_at: datetime | None  # when it could first go; None: it does not
    trace: str

    @property
    def dispatched(self) -> bool:
        return self.dispatch_no > 0

    def due(self) -> Due:
        return Due(
            id=self.id,
            dispatch_no=self.dispatch_no,
            channel=self.channel,
            lane=self.lane,
            app_id=self.app_id,
        )


def decided(
    job: Job,
    *,
    person: Person,
    channel: str,
    point: Point | None,
    decision: Decision,
    full: frozenset[str],
    now: datetime,
) -> Row:
    """Channels in `full` have no room in their queue: the sweep sends those later."""
    state, reason, dispatch_no, due_at, ready_at = _course(
        job, decision, queued=channel not in full, now=now
    )
    point_id = point.id if point else None
    return Row(
        id=delivery_id(job.milliseconds, job.notification_id, person.id, channel, point_id or ""),
        recipient_id=person.id,
        contact_point_id=point_id,
        unknown_recipient=None,
        fallback_of=None,
        notification_id=job.notification_id,
        app_id=point.app_id if point else None,
        type_id=job.type.id,
        template_version_id=job.template_version_id,
        lane=job.lane,
        state=state,
        dispatch_no=dispatch_no,
        channel=channel,
        reason=reason,
        due_at=due_at,
        expires_at=job.expires_at,
        settled_at=now if state == State.SKIPPED else None,
        arm_id=job.arm_id or None,
        ready_at=ready_at,
        trace=of_decision(decision, lambda: basis(job.type.rules, person.rules, channel)),
    )


def _course(
    job: Job, decision: Decision, *, queued: bool, now: datetime
) -> tuple[State, str, int, datetime | None, datetime | None]:
    """Returns state, reason, dispatch_no, due_at and ready_at of a new delivery. A plain tuple,
    since it is built for each of them."""
    match decision:
        case Send():
            due_at = now + HINT_LIFE[Lane(job.lane)] if queued else now
            return State.WAITING, "", int(queued), due_at, now
        case Defer(until, reason):
            at = min(until, job.expires_at)
            return State.WAITING, reason, 0, at, at
        case Fold(_):
            return State.SKIPPED, IN_DIGEST, 0, None, None
        case Skip(reason):
            return State.SKIPPED, reason, 0, None, None


def of_decision(decision: Decision, basis: Callable[[], str]) -> str:
    """`basis` is called only where it matters: nothing allows what is not sent."""
    match decision:
        case Send():
            return basis()
        case Defer(_, reason):
            return f"{basis()} wait:{reason}"
        case Fold(reason):
            return f"{basis()} fold:{reason}"
        case Skip(reason):
            return f"skip:{reason}"


@lru_cache(maxsize=10_000)
def with_caps(trace: str, caps: tuple[str, ...]) -> str:
    """As many of the caps' words as there is room for. Few different ones: each is made once."""
    for word in caps:
        longer = f"{trace} {word}"
        if len(longer) > LONGEST_TRACE:
            break
        trace = longer
    return trace


def unknown(job: Job, name: str, now: datetime) -> Row:
    """Nobody of that name: one skipped delivery, on no channel in particular."""
    return Row(
        id=delivery_id(job.milliseconds, job.notification_id, f"?{name}", "", ""),
        recipient_id=None,
        contact_point_id=None,
        unknown_recipient=name,
        fallback_of=None,
        notification_id=job.notification_id,
        app_id=None,
        type_id=job.type.id,
        template_version_id=job.template_version_id,
        lane=job.lane,
        state=State.SKIPPED,
        dispatch_no=0,
        channel=job.channels[0],
        reason="recipient_unknown",
        due_at=None,
        expires_at=job.expires_at,
        settled_at=now,
        arm_id=job.arm_id or None,
        ready_at=None,
        trace="skip:recipient_unknown",
    )
