"""Hand ids to Celery: hints of up to 500 deliveries, only while their queue is short.

The rows are the truth: a hint that is lost is made again when the row's `due_at` passes, and one
with an old `dispatch_no` claims nothing. So publishing is never retried and may fail.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

from celery import current_app
from kombu import Connection

from channels.base import Lane
from notifications.dispatch.queue_depth import backlog, count_published, limit
from notifications.queues import (
    CHECK_IN,
    DELIVER,
    FEED,
    QUEUE_OF,
    RESOLVE,
    RESOLVE_CHUNK,
    RESOLVE_URGENT,
)
from notifyproj.core.ids import day_in
from notifyproj.core.servers.broker import BrokerAway, ask

HINT_SIZE = 500
# How long a row belongs to its hint: to be claimed, sent and recorded. Then the sweep makes a new
# one. A claim in the first seconds needs no more time, and so moves no index (see claim.py).
HINT_LIFE = {
    Lane.URGENT: timedelta(seconds=15),  # few rows: a lost hint costs more than an index entry
    Lane.NORMAL: timedelta(seconds=25),
    Lane.BULK: timedelta(seconds=25),
}
RESOLVE_LIFE = timedelta(seconds=15)  # the same, for a notification that is being resolved


class Due(NamedTuple):
    """A row to be claimed: what the hint must say of it."""

    id: str
    dispatch_no: int
    channel: str
    lane: int
    app_id: int | None
    alone: bool = False  # it crashed workers: in a hint of its own


class Hint(NamedTuple):
    queue: str
    ids: list[str]
    dispatch_nos: list[int]


def hints(rows: Iterable[Due]) -> list[Hint]:
    """Grouped by queue, app and partition day, so that a claim touches one partition."""
    groups: dict[tuple[object, ...], list[Due]] = {}
    for row in rows:
        day = day_in(row.id)
        apart = row.id if row.alone else ""
        groups.setdefault((row.lane, row.channel, row.app_id, day, apart), []).append(row)
    return [
        Hint(
            QUEUE_OF[group[0].channel, group[0].lane],
            [row.id for row in group[start : start + HINT_SIZE]],
            [row.dispatch_no for row in group[start : start + HINT_SIZE]],
        )
        for group in groups.values()
        for start in range(0, len(group), HINT_SIZE)
    ]


def has_room(channel: str, lane: int) -> bool:
    """Whether that queue holds less than a few seconds of its work; yes, when nobody knows."""
    queue = QUEUE_OF[channel, lane]
    return backlog(queue) < limit(queue)


def publish(rows: Iterable[Due]) -> bool:
    """After commit only. Returns whether the broker took everything."""
    made = hints(rows)
    sent = [hint for hint in made if _send(DELIVER, hint.queue, [hint.ids, hint.dispatch_nos])]
    published: Counter[str] = Counter()
    for hint in sent:
        published[hint.queue] += len(hint.ids)
    count_published(published)
    return len(sent) == len(made)


def publish_resolve(notification_id: str, dispatch_no: int, lane: int) -> bool:
    return _send(RESOLVE_CHUNK, _resolve_queue(lane), [notification_id, dispatch_no])


def publish_feed(slice_id: int, dispatch_no: int, lane: int) -> bool:
    """A part of a campaign's audience."""
    return _send(FEED, _resolve_queue(lane), [slice_id, dispatch_no])


def publish_check_in(queue: str) -> bool:
    """Does nothing but show that somebody takes from `queue`."""
    return _send(CHECK_IN, queue, [])


def _resolve_queue(lane: int) -> str:
    return RESOLVE_URGENT if lane == Lane.URGENT else RESOLVE


def _send(task: str, queue: str, args: Sequence[object]) -> bool:
    def publish_one(connection: Connection) -> None:
        current_app.send_task(
            task, args=args, queue=queue, connection=connection, retry=False, ignore_result=True
        )

    try:
        ask(publish_one)
    except BrokerAway:
        return False
    return True
