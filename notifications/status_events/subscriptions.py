"""Who wants to hear what: read once a second by each process, so that asking costs nothing."""

from collections.abc import Mapping
from typing import NamedTuple

from notifications.status_events.event_types import Name
from notifications.status_events.models import StatusEndpoint
from notifyproj.core.snapshot import Snapshot
from preferences.facts.types import catalogue


class Subscription(NamedTuple):
    endpoint_id: int
    service_id: int
    types: frozenset[int] | None  # None: all

    def takes(self, type_id: int | None) -> bool:
        """True for an unknown type: whoever knows it asks again."""
        return self.types is None or type_id is None or type_id in self.types


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
