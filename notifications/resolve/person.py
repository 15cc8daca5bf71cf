"""One person's deliveries, decided about: on each channel one for each contact point, and what
stands in for them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from channels.base import Channel
from notifications.resolve.rows import Job, Row, decided
from preferences.decision.decide import decide
from preferences.decision.values import Limits, Target
from preferences.facts.facts import Person, Point
from preferences.facts.types import Fallback

CLOSED = frozenset({"quiet_hours", "send_window", "legal_hours"})
NO_POINT: Sequence[Point | None] = (None,)


class Facts(NamedTuple):
    people: dict[int, Person]
    points: dict[tuple[int, str], list[Point]]


def rows_of(
    job: Job, person: Person, facts: Facts, full: frozenset[str], now: datetime, limits: Limits
) -> list[Row]:
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
