"""Events for services, written in the transaction that made them happen; sent by `sending`.

Costs next to nothing while nobody listens: `happened` may be a generator, asked for one item only.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection
from msgspec import UNSET, UnsetType

from notifications.reasons import words
from notifications.status_events.event_types import of_settling
from notifications.status_events.models import StatusEvent
from notifications.status_events.subscriptions import Subscriptions, subscriptions
from notifications.statuses import ProviderOutcome, State
from notifyproj.core.api.former_names import Renamed, former_name
from notifyproj.core.clock import milliseconds
from notifyproj.core.clock import now as clock_now
from notifyproj.core.ids import uuid7
from notifyproj.core.sqlarrays import array, quoted_array
from preferences.facts.types import type_of


class Happened(NamedTuple):
    """Something became of a delivery, which the caller has just written."""

    event: str  # a Name
    delivery_id: str
    type_id: int | None = None  # where it is at hand: spares a look at those nobody wants
    at: datetime | None = None  # None: now
    reason: str = ""  # a provider's word, safe to show; "": the delivery's own
    is_bot: bool = False  # an open or click by a scanner, not by the person


class Parent(NamedTuple):
    service_id: int
    metadata: dict[str, Any]


class Facts(NamedTuple):
    """What is told of a delivery: no address, no variable, no text."""

    id: str
    notification_id: str
    type_id: int
    channel: str
    reason: str
    attempts: int
    user_id: str | None


class EventData(Renamed, kw_only=True):
    """`data` of an event of a delivery. `is_bot` is there when it is true."""

    delivery_id: str
    notification_id: str
    type: str
    channel: str
    user_id: str | None
    attempts: int
    reason: str
    reason_text: str
    metadata: dict[str, Any]
    is_bot: bool | UnsetType = UNSET
    machine: Annotated[bool | UnsetType, former_name("is_bot")] = UNSET


# The ids are said twice so that partitions are pruned. Two statements: one that joins them is
# planned by a guess at how many notifications lie between the bounds.
FACTS = """
SELECT d.id::text, d.notification_id::text, d.type_id, d.channel, d.reason, d.attempts,
    coalesce(r.external_id, d.unknown_recipient)
FROM delivery d LEFT JOIN recipient r ON r.id = d.recipient_id
WHERE d.id = ANY(%s::uuid[]) AND d.id BETWEEN %s::uuid AND %s::uuid
"""
PARENTS = """
SELECT id::text, service_id, metadata::text FROM notification
WHERE id = ANY(%s::uuid[]) AND id BETWEEN %s::uuid AND %s::uuid AND service_id = ANY(%s)
"""

INSERT = """
INSERT INTO status_event (id, endpoint_id, event, delivery_id, body, state, due_at, attempts, tries)
SELECT u.*, %s, now(), 0, 0
FROM unnest(%s::uuid[], %s::bigint[], %s::varchar[], %s::uuid[], %s::text[]) AS u
"""


class Row(NamedTuple):
    id: UUID
    endpoint_id: int
    event: str
    delivery_id: str | None
    body: str


def enqueue(happened: Iterable[Happened]) -> None:
    """In the caller's transaction: all of it is told, or none of it happened."""
    those = iter(happened)
    first = next(those, None)
    if first is None or not (wanted_by := subscriptions.get()):
        return
    wanted = [one for one in chain([first], those) if _is_wanted(one, wanted_by)]
    if wanted:
        insert(list(_rows(wanted, wanted_by)))


def enqueue_settled(settled: Iterable[tuple[str, int, int, int]]) -> None:
    """(delivery id, type id, State, ProviderOutcome) of deliveries that came to their end."""
    enqueue(
        Happened(name, id_, type_id)
        for id_, type_id, state, outcome in settled
        for name in of_settling(State(state), ProviderOutcome(outcome))
    )


def insert(rows: Sequence[Row]) -> None:
    """One statement, due at once."""
    if not rows:
        return
    ids, endpoints, events, deliveries, bodies = zip(*rows, strict=True)
    columns = [array(ids), array(endpoints), quoted_array(events), array(deliveries)]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [StatusEvent.State.WAITING.value, *columns, quoted_array(bodies)])


def body_of(event: str, at: datetime, data: object) -> str:
    return msgspec.json.encode({"type": event, "timestamp": at, "data": data}).decode()


def _is_wanted(one: Happened, wanted_by: Subscriptions) -> bool:
    return any(each.takes(one.type_id) for each in wanted_by.get(one.event, ()))


def _rows(wanted: Sequence[Happened], wanted_by: Subscriptions) -> Iterable[Row]:
    facts, now = _facts({one.delivery_id for one in wanted}), clock_now()
    services = {each.service_id for one in wanted for each in wanted_by[one.event]}
    parents = _parents({about.notification_id for about in facts.values()}, services)
    for one in wanted:
        about = facts.get(one.delivery_id)
        parent = parents.get(about.notification_id) if about else None
        if about is None or parent is None:
            continue
        takers = [
            each
            for each in wanted_by[one.event]
            if each.service_id == parent.service_id and each.takes(about.type_id)
        ]
        body = body_of(one.event, one.at or now, _data(one, about, parent)) if takers else ""
        for each in takers:
            id_ = uuid7(milliseconds(now))
            yield Row(id_, each.endpoint_id, one.event, one.delivery_id, body)


def _facts(delivery_ids: Iterable[str]) -> dict[str, Facts]:
    ids = sorted(delivery_ids)
    with connection.cursor() as cursor:
        cursor.execute(FACTS, [array(ids), ids[0], ids[-1]])
        return {row[0]: Facts._make(row) for row in cursor.fetchall()}


def _parents(notification_ids: Iterable[str], services: Iterable[int]) -> dict[str, Parent]:
    """Of these services only."""
    ids = sorted(notification_ids)
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(PARENTS, [array(ids), ids[0], ids[-1], sorted(services)])
        rows = cursor.fetchall()
    return {id_: Parent(service, msgspec.json.decode(text)) for id_, service, text in rows}


def _data(one: Happened, about: Facts, parent: Parent) -> EventData:
    type_ = type_of(about.type_id)
    return EventData(
        delivery_id=about.id,
        notification_id=about.notification_id,
        type=type_.slug if type_ else "",
        channel=about.channel,
        user_id=about.user_id,
        attempts=about.attempts,
        reason=about.reason,
        reason_text=one.reason or words(about.reason),
        metadata=parent.metadata,
        is_bot=one.is_bot or UNSET,
    )
