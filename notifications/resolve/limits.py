"""What was counted of a person, for what is planned and for what is claimed: one call a batch.

Types without a cap and without a time for duplicates never ask.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from notifications.dispatch.claim import Claimed
from notifications.record.fallback import FIRST, HASTENED, NEXT
from notifications.resolve.rows import Job
from preferences.decision.values import Limits
from preferences.facts.cap_counter import Answers, Group, Message, count
from preferences.facts.caps import caps_of
from preferences.facts.facts import Person
from preferences.facts.types import type_of

# Waiting for a count, or behind a row that may be.
ASKED_AGAIN = frozenset({"over_cap", "caps_unknown", FIRST, NEXT, HASTENED})
NOT_COUNTED: Answers = {}
NO_LIMITS_KNOWN: Mapping[str, Limits] = {}


def message_of(job: Job) -> Message | None:
    """What is to be counted of a job; None: nothing is."""
    type_ = job.type
    caps = () if _is_item(job) else caps_of(type_)
    seconds = 0 if type_.rules.mandatory or job.gathered else type_.duplicate_seconds
    if not caps and not (seconds and job.content_hash):
        return None
    over_cap = "defer" if job.gathered and type_.over_cap == "digest" else type_.over_cap
    return Message(job.notification_id, type_.id, caps, over_cap, job.content_hash, seconds)


def _is_item(job: Job) -> bool:
    """Of a digest, which is counted when it goes out."""
    rule = job.type.digest
    return rule is not None and rule.every and not job.gathered


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


def asked_again(
    rows: Sequence[Claimed], people: Mapping[int, Person], now: datetime
) -> Mapping[str, Limits]:
    """By delivery id, for those of a batch that waited for a cap, or stand in for one."""
    messages: dict[str, Message] = {}
    wanted: dict[str, dict[int, datetime]] = {}
    rows = [row for row in rows if row.reason in ASKED_AGAIN]
    for row in rows:
        if row.recipient_id in people and (message := _again(row)) is not None:
            messages[row.notification_id] = message
            wanted.setdefault(row.notification_id, {})[row.recipient_id] = now
    if not wanted:
        return NO_LIMITS_KNOWN
    found = counted(((messages[id_], times) for id_, times in wanted.items()), people)
    return {
        row.id: result.limits
        for row in rows
        if (result := found.get(row.notification_id, {}).get(row.recipient_id)) is not None
    }


def _again(row: Claimed) -> Message | None:
    """What has a row of its own is not folded any more: it waits instead."""
    type_ = type_of(row.type_id)
    if type_ is None or not (caps := caps_of(type_)):
        return None
    then = "defer" if type_.over_cap == "digest" else type_.over_cap
    return Message(row.notification_id, type_.id, caps, then)


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
