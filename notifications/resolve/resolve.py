"""Recipients by channels: one row per delivery, also for those that are not sent, with why.

Called inside the accepting transaction for small audiences, by `resolve_chunk` for larger ones.
Each person is decided about as if nothing was counted; those who would get something are then
counted, and decided about again with what was counted: one call for all. Types without a cap and
without a time for duplicates never ask. People who are alike are thought about once.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from channels.base import Channel
from notifications.resolve.plan import Alike, Facts, Looks, Plan, rows_for
from notifications.resolve.rows import Job, Row, unknown
from preferences.decision.values import Limits
from preferences.facts.cap_counter import Answers, Group, Message, count
from preferences.facts.facts import Person, load_people, load_points_of
from preferences.facts.types import Fallback, TypeValue, caps_of
from templates.versions.published import compiled

Full = Collection[tuple[str, int]]  # channels and lanes whose queues have no room
NOWHERE: Full = frozenset()
NOT_COUNTED: Answers = {}


class Planned(NamedTuple):
    """The rows of one job for nobody known; and the plans for people, by their looks."""

    job: Job
    alike: Alike
    unknown: list[Row]
    looks: dict[int, Looks]
    plans: dict[int, Plan]

    def wanted(self) -> dict[int, datetime]:
        """Those who would get something, and when the first of it."""
        plans = self.plans.items()
        return {id_: plan.first_at for id_, plan in plans if plan.first_at is not None}

    def rows(self) -> list[Row]:
        rows = list(self.unknown)
        for id_, plan in self.plans.items():
            rows += rows_for(self.job, plan, id_, self.looks[id_].points)
        return rows


def first_fallbacks(
    type_: TypeValue, channels: Sequence[str], template_version_id: int
) -> tuple[Fallback, ...]:
    """The first step to each channel, or app of one, that the message is written for and does not
    go to anyway."""
    first: dict[str, Fallback] = {}
    for step in sorted(type_.fallbacks, key=lambda step: step.after):
        if step.source in channels and step.place not in channels:
            first.setdefault(step.place, step)
    if not first:
        return ()
    known = compiled(template_version_id).channels
    return tuple(step for step in first.values() if step.to in known)


def load_facts(jobs: Sequence[Job]) -> Facts:
    """Returns the people and contact points of all jobs; as many statements for one as for many."""
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
    _limit(planned, facts)
    return [(each.job, each.rows()) for each in planned]


def _plan(job: Job, facts: Facts, full: Full, now: datetime) -> Planned:
    here = frozenset(channel for channel, lane in full if lane == job.lane)
    alike = Alike(job, facts, here, now)
    planned = Planned(
        job=job,
        alike=alike,
        unknown=[unknown(job, name, now) for name in job.unknown],
        looks={},
        plans={},
    )
    for id_ in job.recipients:
        person = facts.people.get(id_)
        if person is None:
            planned.unknown.append(unknown(job, str(id_), now))
        else:
            looks = planned.looks[id_] = alike.looks(person)
            planned.plans[id_] = alike.plan(person, looks)
    return planned


def _limit(planned: Sequence[Planned], facts: Facts) -> None:
    messages: dict[str, Message] = {
        each.job.notification_id: message
        for each in planned
        if (message := message_of(each.job)) is not None
    }
    if not messages:
        return
    limited = [each for each in planned if each.job.notification_id in messages]
    wanted = [(messages[each.job.notification_id], each.wanted()) for each in limited]
    found = counted(wanted, facts.people)
    for each in limited:
        for id_, result in found.get(each.job.notification_id, {}).items():
            each.plans[id_] = each.alike.plan(facts.people[id_], each.looks[id_], result)


def message_of(job: Job) -> Message | None:
    """What is to be counted of a job; None: nothing is."""
    type_ = job.type
    caps = () if _is_item(job) else caps_of(type_)
    seconds = 0 if type_.rules.mandatory or job.gathered else type_.duplicate_seconds
    if not caps and not (seconds and job.content_hash):
        return None
    over_cap = "defer" if job.gathered and type_.over_cap == "digest" else type_.over_cap
    return Message(
        notification_id=job.notification_id,
        type_id=type_.id,
        caps=caps,
        over_cap=over_cap,
        content_hash=job.content_hash,
        duplicate_seconds=seconds,
    )


def counted(
    wanted: Iterable[tuple[Message, Mapping[int, datetime]]],
    people: Mapping[int, Person],
    *,
    take: bool = True,
) -> Answers:
    """`wanted`: each message with the people who would get it, and when: who waits for the morning
    has it of the morning's budget. One round trip for all."""
    groups = [
        Group(message, zone, at, ids)
        for message, times in wanted
        for (zone, at), ids in _together(message, times, people).items()
    ]
    return count(groups, take=take) if groups else NOT_COUNTED


def peeked(job: Job, people: Mapping[int, Person], now: datetime) -> Mapping[int, Limits]:
    """What would hold for each of a job's people. Takes nothing."""
    if (message := message_of(job)) is None:
        return {}
    times = {id_: now for id_ in job.recipients if id_ in people}
    found = counted([(message, times)], people, take=False)
    return {id_: each.limits for id_, each in found.get(message.notification_id, {}).items()}


def _is_item(job: Job) -> bool:
    """Of a digest, which is counted when it goes out."""
    rule = job.type.digest
    return rule is not None and rule.every and not job.gathered


def _together(
    message: Message, times: Mapping[int, datetime], people: Mapping[int, Person]
) -> dict[tuple[str, datetime], list[int]]:
    """By zone, where it matters, and time: few of each in a chunk."""
    zoned = message.zoned
    groups: dict[tuple[str, datetime], list[int]] = {}
    for id_, at in times.items():
        zone = people[id_].rules.timezone if zoned else ""
        groups.setdefault((zone, at), []).append(id_)
    return groups
