"""Recipients by channels: one row per delivery, also for those that are not sent, with why.

Called inside the accepting transaction for small audiences, by `resolve_chunk` for larger ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from channels.base import Channel, Lane
from notifications.dispatch import HINT_LIFE, Due
from notifications.statuses import State
from notifyproj.core.ids import delivery_id
from preferences.catalogue import Fallback, TypeValue
from preferences.decide import decide
from preferences.facts import Person, Point, load_people, load_points_of
from preferences.question import Decision, Defer, Send, Skip, Target
from templates.services import compiled


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

    @property
    def fallback_channels(self) -> tuple[str, ...]:
        return tuple(step.to for step in self.fallbacks)


class Row(NamedTuple):
    """A delivery to insert; the order is that of `store.INSERT`."""

    id: str
    notification_id: str
    recipient_id: int | None
    contact_point_id: int | None
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
    unknown_recipient: str | None = None
    fallback_of: str | None = None

    @property
    def dispatched(self) -> bool:
        return self.dispatch_no > 0

    def due(self) -> Due:
        return Due(self.id, self.dispatch_no, self.channel, self.lane, self.app_id)


class Facts(NamedTuple):
    people: dict[int, Person]
    points: dict[tuple[int, str], list[Point]]


def first_fallbacks(
    type_: TypeValue, channels: Sequence[str], template_version_id: int
) -> tuple[Fallback, ...]:
    """The first step to each channel that the message has words for and does not go to anyway."""
    first: dict[str, Fallback] = {}
    for step in sorted(type_.fallbacks, key=lambda step: step.after):
        if step.source in channels and step.to not in channels:
            first.setdefault(step.to, step)
    if not first:
        return ()
    known = compiled(template_version_id).channels
    return tuple(step for step in first.values() if step.to in known)


def load_facts(jobs: Sequence[Job]) -> Facts:
    recipients = {id_ for job in jobs for id_ in job.recipients}
    channels = {channel for job in jobs for channel in (*job.channels, *job.fallback_channels)}
    channels.discard(Channel.INBOX)
    people = load_people(recipients, {job.type.id for job in jobs}, rules_only=True)
    return Facts(people, load_points_of(recipients, channels))


def plan(job: Job, facts: Facts, full: frozenset[str], now: datetime) -> list[Row]:
    """Every delivery of a job. Channels in `full` have no room in their queue: the sweep sends
    those later."""
    rows = [_unknown(job, name, now) for name in job.unknown]
    for recipient_id in job.recipients:
        person = facts.people.get(recipient_id)
        if person is None:
            rows.append(_unknown(job, str(recipient_id), now))
            continue
        before = len(rows)
        for channel in job.channels:
            _plan_channel(job, person, channel, facts, full, now, rows)
        for step in job.fallbacks:
            _plan_fallback(job, person, step, facts, full, now, rows, before)
    return rows


def _plan_fallback(
    job: Job,
    person: Person,
    step: Fallback,
    facts: Facts,
    full: frozenset[str],
    now: datetime,
    rows: list[Row],
    before: int,
) -> None:
    """Waits for its deadline behind the rows it stands in for, which start at `before`."""
    sources = [row for row in rows[before:] if row.channel == step.source]
    planned: list[Row] = []
    _plan_channel(job, person, step.to, facts, full, now, planned)
    going = [row for row in sources if row.due_at is not None]
    start = max((now if row.dispatched else row.due_at or now for row in going), default=now)
    deadline = start + timedelta(seconds=step.after)
    for row in planned:
        row = row._replace(fallback_of=sources[0].id if sources else None)
        if going and row.due_at is not None:
            due_at = max(deadline, now if row.dispatched else row.due_at)
            row = row._replace(reason="fallback", dispatch_no=0, due_at=min(due_at, job.expires_at))
        rows.append(row)


def _plan_channel(
    job: Job,
    person: Person,
    channel: str,
    facts: Facts,
    full: frozenset[str],
    now: datetime,
    rows: list[Row],
) -> None:
    if channel == Channel.INBOX:  # the person is the address
        decision = decide(now, job.type.rules, person.rules, Target(channel), job.expires_at)
        rows.append(_row(job, person, channel, None, decision, full, now))
        return
    points = facts.points.get((person.id, channel))
    if not points:
        target = Target(channel, reachable=False)
        decision = decide(now, job.type.rules, person.rules, target, job.expires_at)
        rows.append(_row(job, person, channel, None, decision, full, now))
        return
    for point in points:
        target = Target(channel, point.active, point.suppressed, point.area)
        decision = decide(now, job.type.rules, person.rules, target, job.expires_at)
        rows.append(_row(job, person, channel, point, decision, full, now))


def _row(
    job: Job,
    person: Person,
    channel: str,
    point: Point | None,
    decision: Decision,
    full: frozenset[str],
    now: datetime,
) -> Row:
    state, dispatch_no, reason = State.WAITING, 0, ""
    due_at: datetime | None = now
    settled_at = None
    match decision:
        case Send() if channel not in full:
            dispatch_no, due_at = 1, now + HINT_LIFE[Lane(job.lane)]
        case Send():
            pass
        case Defer(until, reason):
            due_at = min(until, job.expires_at)
        case Skip(reason):
            state, due_at, settled_at = State.SKIPPED, None, now
    point_id = point.id if point else None
    return Row(
        delivery_id(job.milliseconds, job.notification_id, person.id, channel, point_id or ""),
        job.notification_id,
        person.id,
        point_id,
        point.app_id if point else None,
        job.type.id,
        job.template_version_id,
        job.lane,
        state,
        dispatch_no,
        channel,
        reason,
        due_at,
        job.expires_at,
        settled_at,
    )


def _unknown(job: Job, name: str, now: datetime) -> Row:
    """Nobody of that name: one skipped delivery, on no channel in particular."""
    return Row(
        delivery_id(job.milliseconds, job.notification_id, f"?{name}", "", ""),
        job.notification_id,
        None,
        None,
        None,
        job.type.id,
        job.template_version_id,
        job.lane,
        State.SKIPPED,
        0,
        job.channels[0],
        "recipient_unknown",
        None,
        job.expires_at,
        now,
        name,
    )
