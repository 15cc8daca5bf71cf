"""What a provider took and failed with later, in a way that may be over: tried once more, where its
type says so, as often and for as long as if it had failed at once."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import connection
from psycopg2 import sql

from channels.base import Lane
from notifications.backoff import next_delay
from notifications.callbacks.fold.parse import Told
from notifications.callbacks.fold.transitions import Row, Tries, fails_in_passing
from notifications.statuses import NotificationState
from notifyproj.core.ids import day_in, partition_of
from notifyproj.core.sqlarrays import array
from preferences.facts.types import type_of

# Who cancels locks the notification first and the deliveries then; we have the deliveries, so we
# pass over what is locked: it is being cancelled.
PARENTS = sql.SQL("""
SELECT id::text FROM {leaf} WHERE id = ANY(%s::uuid[]) AND state <> %s AND variables <> ''
ORDER BY id FOR SHARE SKIP LOCKED
""")
_rng = random.Random()  # noqa: S311 - jitter


def due(
    told: Mapping[str, Sequence[Told]],
    rows: Mapping[str, Row],
    tries: Mapping[str, Tries],
    now: datetime,
) -> dict[str, datetime]:
    """When each delivery that is to be tried once more is; in the caller's transaction, which has
    locked them."""
    found = {}
    for id_, of_it in told.items():
        row = rows[id_]
        if any(fails_in_passing(row, one, tries.get(id_, {})) for one in of_it):
            at = _next(row, now)
            if at is not None:
                found[id_] = at
    alive = _alive({rows[id_].notification_id for id_ in found})
    return {id_: at for id_, at in found.items() if rows[id_].notification_id in alive}


def _next(row: Row, now: datetime) -> datetime | None:
    """None: its type does not want it, it was tried often enough, or it would come too late."""
    type_ = type_of(row.type_id)
    if type_ is None or not type_.retry_late_failures:
        return None
    delay = next_delay(max(row.attempts, 1), Lane(row.lane), _rng, channel=row.channel)
    at = None if delay is None else now + timedelta(seconds=delay)
    return at if at and row.expires_at and at < row.expires_at else None


def _alive(notification_ids: set[str]) -> set[str]:
    """Those that are not cancelled, and whose variables were not wiped."""
    found: set[str] = set()
    for _, of_day in groupby(sorted(notification_ids), key=day_in):
        day = list(of_day)
        with connection.cursor() as cursor:
            params: list[Any] = [array(day), NotificationState.CANCELLED.value]
            cursor.execute(
                PARENTS.format(leaf=sql.Identifier(partition_of("notification", day[0]))), params
            )
            found |= {id_ for (id_,) in cursor.fetchall()}
    return found
