"""Plans one person's deliveries, on each channel one for each contact point, and what stands in for
them; and keeps the plan for all whom the rules see alike: the same preferences, kinds of contact
points and counts.

Most people of a chunk are alike, so that deciding costs next to nothing a person; what is left is
whose each delivery is, and its id.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from channels.base import Channel
from notifications.resolve.rows import OWN, Job, Row, Shared, decided, with_caps
from notifyproj.core.ids import delivery_id
from preferences.decision.decide import decide
from preferences.decision.values import Limits, PersonRules, Target
from preferences.facts.cap_counter import NOTHING, Counted
from preferences.facts.facts import Person, Point
from preferences.facts.types import Fallback

CLOSED = frozenset({"quiet_hours", "send_window", "legal_hours"})
NO_POINT: Sequence[Point | None] = (None,)
KIND = slice(Point._fields.index("recipient_id") + 1, None)
CHANNEL = Row._fields.index("channel") - OWN
Points = Sequence[Point | None]
Kinds = tuple[Any, ...]  # of contact points: all but which they are, and whose


class Facts(NamedTuple):
    people: dict[int, Person]
    points: dict[tuple[int, str], list[Point]]


class Looks(NamedTuple):
    """A person as the rules see them; `points` in the order of the rows."""

    rules: PersonRules
    points: Points
    kinds: Kinds


class Plan(NamedTuple):
    shared: tuple[Shared, ...]  # of each row
    sources: tuple[int | None, ...]  # which of these rows each stands in for
    first_at: datetime | None  # of what would be sent; None: nothing would


class Alike:
    """The plans of one job."""

    def __init__(self, job: Job, facts: Facts, full: frozenset[str], now: datetime) -> None:
        self._job, self._facts, self._full, self._now = job, facts, full, now
        self._places = job.places
        self._known: dict[tuple[PersonRules, Kinds, Counted], Plan] = {}

    def looks(self, person: Person) -> Looks:
        known, id_ = self._facts.points, person.id
        points = [point for place in self._places for point in points_at(known, id_, place)]
        return Looks(person.rules, points, tuple([point and point[KIND] for point in points]))

    def plan(self, person: Person, looks: Looks, counted: Counted = NOTHING) -> Plan:
        key = (looks.rules, looks.kinds, counted)
        if (plan := self._known.get(key)) is None:
            plan = self._known[key] = self._think(person, counted)
        return plan

    def _think(self, person: Person, counted: Counted) -> Plan:
        rows = rows_of(
            self._job,
            person=person,
            facts=self._facts,
            full=self._full,
            now=self._now,
            limits=counted.limits,
        )
        place = {row.id: n for n, row in enumerate(rows)}
        return Plan(
            tuple((*row[OWN:-1], with_caps(row.trace, counted.taken)) for row in rows),
            tuple(place[row.fallback_of] if row.fallback_of else None for row in rows),
            _first_at(rows, self._now),
        )


def rows_for(job: Job, plan: Plan, person_id: int, points: Points) -> list[Row]:
    rows: list[Row] = []
    parent, at = job.notification_id, job.milliseconds
    for shared, source, point in zip(plan.shared, plan.sources, points, strict=True):
        point_id = point.id if point else None
        id_ = delivery_id(at, parent, person_id, shared[CHANNEL], point_id or "")
        stands_in_for = None if source is None else rows[source].id
        rows.append(Row._make((id_, person_id, point_id, None, stands_in_for, *shared)))
    return rows


def points_at(
    points: Mapping[tuple[int, str], Sequence[Point]], recipient_id: int, place: str
) -> Sequence[Point | None]:
    """None stands for whoever has none on a channel; at an app of its own that is no news."""
    found = points.get((recipient_id, place))
    return found or (() if "@" in place else NO_POINT)


def rows_of(
    job: Job, *, person: Person, facts: Facts, full: frozenset[str], now: datetime, limits: Limits
) -> list[Row]:
    rows: list[Row] = []
    for channel in job.channels:
        _plan_place(
            job,
            person=person,
            place=channel,
            facts=facts,
            full=full,
            now=now,
            limits=limits,
            rows=rows,
        )
    for step in job.fallbacks:
        _plan_fallback(
            job, person=person, step=step, facts=facts, full=full, now=now, limits=limits, rows=rows
        )
    return rows


def _plan_fallback(
    job: Job,
    *,
    person: Person,
    step: Fallback,
    facts: Facts,
    full: frozenset[str],
    now: datetime,
    limits: Limits,
    rows: list[Row],
) -> None:
    """Waits for its deadline behind the rows it stands in for."""
    sources = [row for row in rows if row.channel == step.source and not _is_apart(row, job)]
    planned: list[Row] = []
    _plan_place(
        job,
        person=person,
        place=step.place,
        facts=facts,
        full=full,
        now=now,
        limits=limits,
        rows=planned,
    )
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


def _is_apart(row: Row, job: Job) -> bool:
    """Whether it goes to an app that a fallback names: it stands in for others, none for it."""
    return row.app_id is not None and any(step.app == row.app_id for step in job.fallbacks)


def _plan_place(
    job: Job,
    *,
    person: Person,
    place: str,
    facts: Facts,
    full: frozenset[str],
    now: datetime,
    limits: Limits,
    rows: list[Row],
) -> None:
    channel = place.partition("@")[0]
    here = channel == Channel.INBOX  # the person is the address
    for point in points_at(facts.points, person.id, place):
        if point is None:
            target = Target(channel, reachable=here)
        else:
            target = Target(channel, point.active, point.suppressed, point.area)
        decision = decide(
            now,
            rules=job.type.rules,
            person=person.rules,
            target=target,
            expires_at=job.expires_at,
            limits=limits,
        )
        row = decided(
            job,
            person=person,
            channel=channel,
            point=point,
            decision=decision,
            full=full,
            now=now,
        )
        rows.append(row)


def _first_at(rows: Sequence[Row], now: datetime) -> datetime | None:
    going = [row for row in rows if row.due_at is not None]
    if not going:
        return None
    waiting = all(row.reason in CLOSED for row in going)
    return min(row.due_at or now for row in going) if waiting else now
