"""Write down what our links saw. The first open and the first click of each link are events, once
for people and once for machines; what comes again changes nothing."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.db import connection, transaction

from channels.base import EventKind
from notifications.status_events.names import OF_KIND
from notifications.status_events.outbox import Happened, enqueue
from notifications.statuses import ProviderOutcome
from notifyproj.core.sqlarrays import array, quoted_array

# A person's raise the outcome, by rank; a machine's say nothing of the person.
WRITE = """
WITH new AS (
    INSERT INTO event (delivery_id, key, kind, at, received_at, machine, code, detail)
    SELECT u.id, decode(u.key, 'hex'), u.kind, u.at, now(), u.code <> '', u.code, u.detail
    FROM unnest(%(ids)s::uuid[], %(keys)s::text[], %(kinds)s::text[], %(ats)s::timestamptz[],
        %(codes)s::text[], %(details)s::text[]) AS u (id, key, kind, at, code, detail)
    ON CONFLICT DO NOTHING
    RETURNING delivery_id, kind, machine
), risen AS (
    SELECT delivery_id, max(CASE kind WHEN 'clicked' THEN %(clicked)s ELSE %(opened)s END) AS rank
    FROM new WHERE NOT machine AND kind IN ('opened', 'clicked') GROUP BY 1
), raised AS (
    UPDATE delivery d SET outcome = risen.rank
    FROM risen
    WHERE d.id = risen.delivery_id AND d.outcome < risen.rank
      AND d.id BETWEEN %(low)s::uuid AND %(high)s::uuid
)
SELECT delivery_id::text, kind, machine FROM new
"""


class Seen(NamedTuple):
    delivery_id: str
    kind: EventKind
    at: datetime
    machine: str = ""  # what did it, if no person
    url: str = ""

    def key(self) -> bytes:
        of = "machine" if self.machine else "person"
        return hashlib.sha256(f"link|{self.kind}|{of}|{self.url}".encode()).digest()[:16]

    def detail(self) -> str:
        """Where it led, without what may be about the person."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}{parts.path}"[:500] if self.url else ""


def write(seen: Sequence[Seen]) -> None:
    """All in one statement. Raises DatabaseError, also when the day of one is gone."""
    once = {(item.delivery_id, item.key()): item for item in reversed(seen)}
    items = sorted(once.values(), key=lambda item: item.delivery_id)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(WRITE, _words(items))
        enqueue(
            Happened(OF_KIND[EventKind(kind)], id_, machine=machine)
            for id_, kind, machine in cursor.fetchall()
            if kind in OF_KIND
        )


def _words(items: Sequence[Seen]) -> dict[str, Any]:
    return {
        "ids": array(item.delivery_id for item in items),
        "keys": array(item.key().hex() for item in items),
        "kinds": array(item.kind.value for item in items),
        "ats": quoted_array(item.at.isoformat() for item in items),
        "codes": quoted_array(item.machine for item in items),
        "details": quoted_array(item.detail() for item in items),
        "clicked": ProviderOutcome.CLICKED.value,
        "opened": ProviderOutcome.OPENED.value,
        "low": items[0].delivery_id,
        "high": items[-1].delivery_id,
    }
