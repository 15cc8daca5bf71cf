"""What waits for company: instead of going out, a message becomes an item of a digest.

Called for what a chunk planned, in the transaction that writes it, when a job of it collects. Each
delivery is still a row, skipped as `in_digest`; those of other jobs pass through untouched.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from notifications.digests.insert import Item, Place, gather
from notifications.digests.item_content import Content, Reader, key_of, load_contents, load_readers
from notifications.resolve.plan import Facts
from notifications.resolve.rows import IN_DIGEST, Job, Row
from notifications.statuses import State
from notifyproj.core.encryption import Undecryptable

Planned = tuple[Job, Sequence[Row]]


class Wanted(NamedTuple):
    """One notification that is to wait for one person."""

    job: Job
    recipient_id: int
    channels: tuple[str, ...]


def collect(planned: Sequence[Planned], facts: Facts, now: datetime) -> list[Row]:
    """The rows to write, of all jobs, with those that are collected marked so."""
    marked = [(job, _marked(job, rows, now)) for job, rows in planned]
    wanted = [item for job, rows in marked if job.collects for item in _wanted(job, rows)]
    lost = _gather(wanted, facts, now) if wanted else set()
    rows = [row for _, rows in marked for row in rows]
    return [_unreadable(row) if _pair(row) in lost else row for row in rows] if lost else rows


def _marked(job: Job, rows: Sequence[Row], now: datetime) -> Sequence[Row]:
    if not job.collects or job.type.digest is None or not job.type.digest.every:
        return rows
    return [_in_digest(row, now) if row.state == State.WAITING else row for row in rows]


def _in_digest(row: Row, now: datetime) -> Row:
    return row._replace(
        state=State.SKIPPED, dispatch_no=0, reason=IN_DIGEST, due_at=None, settled_at=now
    )


def _wanted(job: Job, rows: Sequence[Row]) -> Iterator[Wanted]:
    channels: dict[int, dict[str, None]] = {}
    for row in rows:
        if row.reason == IN_DIGEST and row.recipient_id is not None:
            channels.setdefault(row.recipient_id, {})[row.channel] = None
    for recipient_id, names in channels.items():
        asked = tuple(name for name in names if name in job.channels)
        yield Wanted(job, recipient_id, asked or tuple(names))


def _gather(wanted: Sequence[Wanted], facts: Facts, now: datetime) -> set[tuple[str, int]]:
    """Returns whose items cannot be sealed, as pairs of notification and person."""
    contents = load_contents({item.job.notification_id for item in wanted})
    readers = load_readers({item.recipient_id for item in wanted})
    items: list[Item] = []
    lost: set[tuple[str, int]] = set()
    for each in wanted:
        content = contents[each.job.notification_id]
        try:
            items.append(_item(each, content, readers[each.recipient_id], facts, now))
        except Undecryptable:
            lost.add((each.job.notification_id, each.recipient_id))
    if items:
        gather(items, now)
    return lost


def _item(each: Wanted, content: Content, reader: Reader, facts: Facts, now: datetime) -> Item:
    """Raises Undecryptable, also for a person who was erased a moment ago."""
    job, rule = each.job, each.job.type.digest
    if reader.key is None or rule is None:
        raise Undecryptable
    key = key_of(content.value_of(rule.by, reader.key)) if rule.by else ""
    zone = facts.people[each.recipient_id].rules.timezone
    return Item(
        place=Place(content.service_id, each.recipient_id, job.type.id, key),
        notification_id=job.notification_id,
        sealed=content.sealed_for(reader.key),
        channels=each.channels,
        closes_at=rule.closes_at(now, zone),
        full_at=rule.count,
        lane=job.lane,
        template_version_id=job.template_version_id,
    )


def _pair(row: Row) -> tuple[str, int | None] | None:
    return (row.notification_id, row.recipient_id) if row.reason == IN_DIGEST else None


def _unreadable(row: Row) -> Row:
    return row._replace(reason="undecryptable")
