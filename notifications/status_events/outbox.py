"""Events for services, written in the transaction that made them happen; sent by `sending`.

Costs next to nothing while nobody listens: `happened` may be a generator, asked for one item only.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from django.db import connection

from notifications.reasons import words
from notifications.status_events.models import StatusEvent
from notifications.status_events.names import of_settling
from notifications.status_events.subscriptions import Subscriptions, subscriptions
from notifications.statuses import ProviderOutcome, State
from notifyproj.core.clock import milliseconds
from notifyproj.core.clock import now as clock_now
from notifyproj.core.ids import uuid7
from notifyproj.core.sqlarrays import array, quoted_array
from preferences.catalogue import type_of


class Happened(NamedTuple):
    """Something became of a delivery, which the caller has just written."""

    event: str  # a Name
    delivery_id: str
    type_id: int | None = None  # where it is at hand: spares a look at those nobody wants
    at: datetime | None = None  # None: now
    reason: str = ""  # a provider's word, safe to show; "": the delivery's own
    machine: bool = False  # an open or click by a scanner, not by the person


class Facts(NamedTuple):
    """What is told of a delivery: no address, no variable, no text."""

    id: str
    notification_id: str
    type_id: int
    channel: str
    reason: str
    attempts: int
    service_id: int
    metadata: dict[str, Any]
    user_id: str | None


# A notification and its deliveries share their millisecond, so the bounds prune both.
FACTS = """
SELECT d.id::text, d.notification_id::text, d.type_id, d.channel, d.reason, d.attempts,
    n.service_id, n.metadata::text, coalesce(r.external_id, d.unknown_recipient)
FROM delivery d
JOIN notification n ON n.id = d.notification_id AND n.id BETWEEN %(first)s::uuid AND %(last)s::uuid
    AND n.service_id = ANY(%(services)s)
LEFT JOIN recipient r ON r.id = d.recipient_id
WHERE d.id = ANY(%(ids)s::uuid[]) AND d.id BETWEEN %(first)s::uuid AND %(last)s::uuid
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


def body_of(event: str, at: datetime, data: dict[str, Any]) -> str:
    return msgspec.json.encode({"type": event, "timestamp": at, "data": data}).decode()


def _is_wanted(one: Happened, wanted_by: Subscriptions) -> bool:
    return any(each.takes(one.type_id) for each in wanted_by.get(one.event, ()))


def _rows(wanted: Sequence[Happened], wanted_by: Subscriptions) -> Iterable[Row]:
    facts, now = _facts(wanted, wanted_by), clock_now()
    for one in wanted:
        about = facts.get(one.delivery_id)
        if about is None:
            continue
        takers = [
            each
            for each in wanted_by[one.event]
            if each.service_id == about.service_id and each.takes(about.type_id)
        ]
        body = body_of(one.event, one.at or now, _data(one, about)) if takers else ""
        for each in takers:
            id_ = uuid7(milliseconds(now))
            yield Row(id_, each.endpoint_id, one.event, one.delivery_id, body)


def _facts(wanted: Sequence[Happened], wanted_by: Subscriptions) -> dict[str, Facts]:
    ids = sorted({one.delivery_id for one in wanted})
    services = {each.service_id for one in wanted for each in wanted_by[one.event]}
    words_: dict[str, Any] = {"ids": array(ids), "services": sorted(services)}
    words_ |= {"first": f"{ids[0][:13]}-0000-0000-000000000000"}
    words_ |= {"last": f"{ids[-1][:13]}-ffff-ffff-ffffffffffff"}
    with connection.cursor() as cursor:
        cursor.execute(FACTS, words_)
        return {row[0]: _fact(*row) for row in cursor.fetchall()}


def _fact(id_: str, *rest: Any) -> Facts:
    *columns, metadata, user_id = rest
    return Facts._make((id_, *columns, msgspec.json.decode(metadata), user_id))


def _data(one: Happened, about: Facts) -> dict[str, Any]:
    type_ = type_of(about.type_id)
    data: dict[str, Any] = {
        "delivery_id": about.id,
        "notification_id": about.notification_id,
        "type": type_.slug if type_ else "",
        "channel": about.channel,
        "user_id": about.user_id,
        "attempts": about.attempts,
        "reason": about.reason,
        "reason_text": one.reason or words(about.reason),
        "metadata": about.metadata,
    }
    return data | {"machine": True} if one.machine else data
