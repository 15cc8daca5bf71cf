"""Recipients by channels: one row per delivery, also for those that are not sent, with why.

Called inside the accepting transaction for small audiences, by `resolve_chunk` for larger ones.
Each person is decided about as if nothing was counted; those who would get something are then
counted, and the few who are over a limit decided about again.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from channels.base import Channel
from notifications.limiting import counted, message_of
from notifications.rows import Job, Row, decided, unknown
from notifications.traces import with_caps
from preferences.catalogue import Fallback, TypeValue
from preferences.counting import Counted, Message
from preferences.decide import decide
from preferences.facts import Person, Point, load_people, load_points_of
from preferences.question import NO_LIMITS, Limits, Target
from templates.services import compiled

Full = Collection[tuple[str, int]]  # channels and lanes whose queues have no room
NOWHERE: Full = frozenset()
CLOSED = frozenset({"quiet_hours", "send_window", "legal_hours"})
NO_POINT: Sequence[Point | None] = (None,)


class Facts(NamedTuple):
    people: dict[int, Person]
    points: dict[tuple[int, str], list[Point]]


class Planned(NamedTuple):
    """The rows of one job by person; of nobody known, apart."""

    job: Job
    full: frozenset[str]
    unknown: list[Row]
    by_person: dict[int, list[Row]]

    def wanted(self, now: datetime) -> dict[int, datetime]:
        """Those who would get something, and when the first of it."""
        times: dict[int, datetime] = {}
        for id_, rows in self.by_person.items():
            going = [row for row in rows if row.due_at is not None]
            if going:
                waiting = all(row.reason in CLOSED for row in going)
                times[id_] = min(row.due_at or now for row in going) if waiting else now
        return times

    def rows(self) -> list[Row]:
        return self.unknown + [row for rows in self.by_person.values() for row in rows]


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


def plan(
    jobs: Sequence[Job], facts: Facts, full: Full, now: datetime
) -> list[tuple[Job, list[Row]]]:
    """Every delivery of each job. What goes to a full queue is left to the sweep."""
    planned = [_plan(job, facts, full, now) for job in jobs]
    _limit(planned, facts, now)
    return [(each.job, each.rows()) for each in planned]


def _plan(job: Job, facts: Facts, full: Full, now: datetime) -> Planned:
    here = frozenset(channel for channel, lane in full if lane == job.lane)
    planned = Planned(job, here, [unknown(job, name, now) for name in job.unknown], {})
    for recipient_id in job.recipients:
        person = facts.people.get(recipient_id)
        if person is None:
            planned.unknown.append(unknown(job, str(recipient_id), now))
        else:
            rows = rows_of(job, person, facts, here, now, NO_LIMITS)
            planned.by_person[recipient_id] = rows
    return planned


def _limit(planned: Sequence[Planned], facts: Facts, now: datetime) -> None:
    messages: dict[str, Message] = {
        each.job.notification_id: message
        for each in planned
        if (message := message_of(each.job)) is not None
    }
    if not messages:
        return
    limited = [each for each in planned if each.job.notification_id in messages]
    wanted = [(messages[each.job.notification_id], each.wanted(now)) for each in limited]
    found = counted(wanted, facts.people)
    for each in limited:
        for id_, result in found.get(each.job.notification_id, {}).items():
            each.by_person[id_] = _limited(each, id_, result, facts, now)


def _limited(
    planned: Planned, recipient_id: int, result: Counted, facts: Facts, now: datetime
) -> list[Row]:
    rows = planned.by_person[recipient_id]
    if result.limits is not NO_LIMITS:
        person = facts.people[recipient_id]
        rows = rows_of(planned.job, person, facts, planned.full, now, result.limits)
    if not result.taken:
        return rows
    return [Row(*row[:-1], with_caps(row.trace, result.taken)) for row in rows]


def rows_of(
    job: Job, person: Person, facts: Facts, full: frozenset[str], now: datetime, limits: Limits
) -> list[Row]:
    """One person's deliveries."""
    rows: list[Row] = []
    for channel in job.channels:
        _plan_channel(job, person, channel, facts, full, now, limits, rows)
    for step in job.fallbacks:
        _plan_fallback(job, person, step, facts, full, now, limits, rows)
    return rows


def _plan_fallback(
    job: Job,
    person: Person,
    step: Fallback,
    facts: Facts,
    full: frozenset[str],
    now: datetime,
    limits: Limits,
    rows: list[Row],
) -> None:
    """Waits for its deadline behind the rows it stands in for."""
    sources = [row for row in rows if row.channel == step.source]
    planned: list[Row] = []
    _plan_channel(job, person, step.to, facts, full, now, limits, planned)
    going = [row for row in sources if row.due_at is not None]
    start = max((now if row.dispatched else row.due_at or now for row in going), default=now)
    deadline = start + timedelta(seconds=step.after)
    for row in planned:
        row = row._replace(fallback_of=sources[0].id if sources else None)
        if going and row.due_at is not None:
            due_at = max(deadline, now if row.dispatched else row.due_at)
            due_at = min(due_at, job.expires_at)
            row = row._replace(reason="fallback", dispatch_no=0, due_at=due_at, ready_at=due_at)
        rows.append(row)


def _plan_channel(
    job: Job,
    person: Person,
    channel: str,
    facts: Facts,
    full: frozenset[str],
    now: datetime,
    limits: Limits,
    rows: list[Row],
) -> None:
    here = channel == Channel.INBOX  # the person is the address
    for point in facts.points.get((person.id, channel)) or NO_POINT:
        if point is None:
            target = Target(channel, reachable=here)
        else:
            target = Target(channel, point.active, point.suppressed, point.area)
        decision = decide(now, job.type.rules, person.rules, target, job.expires_at, limits)
        rows.append(decided(job, person, channel, point, decision, full, now))
