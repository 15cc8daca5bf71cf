"""What providers tell us about contact points."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from notifyproj.core.sqlarrays import array, quoted_array

DEACTIVATE = """
UPDATE contact_point c SET active = false, inactive_reason = u.reason
FROM unnest(%s::bigint[], %s::varchar[], %s::timestamptz[]) AS u (id, reason, dead_since)
WHERE c.id = u.id AND c.active AND c.registered_at <= u.dead_since
"""


class Dead(NamedTuple):
    contact_point_id: int
    reason: str
    since: datetime


def deactivate(dead: Sequence[Dead]) -> int:
    """Send nothing more there; unless it was registered anew after the provider saw it die."""
    if not dead:
        return 0
    last = {row.contact_point_id: row for row in sorted(dead, key=lambda row: row.since)}
    rows = [last[id_] for id_ in sorted(last)]
    with connection.cursor() as cursor:
        cursor.execute(
            DEACTIVATE,
            [
                array(row.contact_point_id for row in rows),
                quoted_array(row.reason[:200] for row in rows),
                array(f'"{row.since.isoformat()}"' for row in rows),
            ],
        )
        return int(cursor.rowcount)
