"""Events for services, written in the transaction that made them happen; sent by `send/`.

Who wants to hear what is read once a second by each process. So this costs next to nothing while
nobody listens: `happened` may be a generator, of which then one item only is made.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Annotated, Any, NamedTuple, TypeVar
from uuid import UUID

import msgspec
from django.db import connection
from msgspec import UNSET, UnsetType

from notifications.reasons import reason_text
from notifications.status_events.event_types import Name, of_settling
from notifications.status_events.models import StatusEndpoint, StatusEvent
from notifications.statuses import ProviderOutcome, State
from notifyproj.core.api.former_names import Renamed, former_name
from notifyproj.core.clock import Snapshot, milliseconds
from notifyproj.core.clock import now as clock_now
from notifyproj.core.ids import uuid7
from notifyproj.core.sqlarrays import array, quoted_array
from preferences.facts.types import catalogue, type_of


class Subscription(NamedTuple):
    endpoint_id: int
    service_id: int
    types: frozenset[int] | None  # None: all

    def takes(self, type_id: int | None) -> bool:
        """True for an unknown type: whoever knows it asks again."""
        return self.types is None or type_id is None or type_id in self.types


T = TypeVar("T")
Subscriptions = Mapping[str, tuple[Subscription, ...]]  # by event


def _load() -> Subscriptions:
    """Of suspended ones, too: their events wait for them."""
    found: dict[str, list[Subscription]] = {}
    rows = StatusEndpoint.objects.filter(enabled=True, service__enabled=True, full_since=None)
    for row in rows.defer("secrets"):
        types = _type_ids(row.types) if row.types else None
        one = Subscription(row.pk, row.service_id, types)
        for event in row.events or [name.value for name in Name]:
            found.setdefault(event, []).append(one)
    return {event: tuple(those) for event, those in found.items()}


def _type_ids(slugs: list[str]) -> frozenset[int]:
    wanted = set(slugs)
    return frozenset(value.id for value in catalogue.get().by_id.values() if value.slug in wanted)


subscriptions: Snapshot[Subscriptions] = Snapshot(_load, seconds=1)


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
    _enqueue(_heard(happened))


def enqueue_settled(settled: Iterable[tuple[str, int, int, int]]) -> None:
    """(delivery id, type id, State, ProviderOutcome) of deliveries that came to their end."""
    _enqueue(
        Happened(name, id_, type_id)
        for id_, type_id, state, outcome in _heard(settled)
        for name in of_settling(State(state), ProviderOutcome(outcome))
    )


def _heard(those: Iterable[T]) -> Iterable[T]:
    """None of them while nobody listens."""
    rest = iter(those)
    first = next(rest, None)
    return () if first is None or not subscriptions.get() else chain([first], rest)


def _enqueue(happened: Iterable[Happened]) -> None:
    those = list(happened)
    wanted_by = subscriptions.get() if those else {}
    wanted = [one for one in those if _is_wanted(one, wanted_by)]
    if wanted:
        insert(list(_rows(wanted, wanted_by)))


def insert(rows: Sequence[Row]) -> None:
    """Inserts the events in one statement, due at once."""
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
            yield Row(
                id=id_,
                endpoint_id=each.endpoint_id,
                event=one.event,
                delivery_id=one.delivery_id,
                body=body,
            )


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
        reason_text=one.reason or reason_text(about.reason),
        metadata=parent.metadata,
        is_bot=one.is_bot or UNSET,
    )
