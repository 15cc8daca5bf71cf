"""Take events that are due: of each endpoint as many as it is quick enough for, no more.

The lease is `due_at`: a process that dies leaves rows that are due again when it ends.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction

from notifications.status_events import secrets as sealing
from notifications.status_events.models import StatusEndpoint
from notifications.status_events.send.outcomes import Claimed
from notifyproj.core.encryption import Undecryptable
from notifyproj.core.sqlarrays import array

LEASE_SECONDS = 30  # to start (5), time out (15) and be recorded

# One look into the index for each endpoint, however many of its events wait.
DUE = """
SELECT e.id FROM status_endpoint e JOIN service s ON s.id = e.service_id
CROSS JOIN LATERAL (
    SELECT FROM status_event WHERE endpoint_id = e.id AND due_at <= now() ORDER BY due_at LIMIT 1
) v
WHERE e.enabled AND s.enabled AND e.suspended_at IS NULL
  AND (e.rest_until IS NULL OR e.rest_until <= now())
ORDER BY random()
"""

# `ANY(ARRAY(…))`: a join is planned as if the inner query gave a tenth of the table.
CLAIM = """
UPDATE status_event v SET lease_id = %(lease)s, tries = least(v.tries + 1, 32767),
    due_at = now() + make_interval(secs => %(seconds)s)
WHERE v.id = ANY(ARRAY(
    SELECT due.id FROM unnest(%(endpoints)s::bigint[], %(rooms)s::int[]) AS e (id, room)
    CROSS JOIN LATERAL (
        SELECT id FROM status_event WHERE endpoint_id = e.id AND due_at <= now()
        ORDER BY due_at LIMIT e.room FOR NO KEY UPDATE SKIP LOCKED
    ) due
))
RETURNING v.id::text, v.endpoint_id, v.body, v.attempts, v.tries
"""


class Target(NamedTuple):
    """Where an event goes; `secrets` are those that sign, newest first."""

    endpoint_id: int
    url: str
    secrets: list[str]

    def __repr__(self) -> str:
        return f"Target({self.endpoint_id})"


def endpoints_due() -> list[int]:
    """In random order: no endpoint is always the last."""
    with connection.cursor() as cursor:
        cursor.execute(DUE)
        return [row[0] for row in cursor.fetchall()]


def claim(rooms: Mapping[int, int]) -> list[Claimed]:
    """Up to so many of each endpoint, now leased to the caller; the longest due go first."""
    lease = secrets.randbits(62)
    values: dict[str, Any] = {"lease": lease, "seconds": LEASE_SECONDS}
    values |= {"endpoints": array(rooms), "rooms": array(rooms.values())}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        return [Claimed._make((*row, lease)) for row in cursor.fetchall()]


def targets(endpoint_ids: Sequence[int], now: datetime) -> dict[int, Target]:
    """Without those whose secrets no key opens, or that are gone."""
    rows = StatusEndpoint.objects.filter(pk__in=endpoint_ids).only("url", "secrets")
    found = (_target(row, now) for row in rows)
    return {target.endpoint_id: target for target in found if target}


def _target(row: StatusEndpoint, now: datetime) -> Target | None:
    try:
        kept = sealing.valid(sealing.unseal(row.pk, bytes(row.secrets)), now)
    except Undecryptable:
        return None
    return Target(row.pk, row.url, [one.secret for one in kept])
