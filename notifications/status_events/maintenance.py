"""What has to be done now and then: old events go, backlogs are bounded, owners are told."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from notifications.status_events import backlogs, owners
from notifyproj.core.clock import milliseconds

KEPT = timedelta(days=7)
BATCH = 5_000
MOST_BATCHES = 100

# By the key, so by age: nothing younger is looked at.
FORGET = """
WITH old AS (
    SELECT id FROM status_event WHERE id < %(before)s::uuid ORDER BY id LIMIT %(batch)s
    FOR UPDATE SKIP LOCKED
), tries AS (
    DELETE FROM status_attempt WHERE event_id = ANY(ARRAY(SELECT id FROM old))
)
DELETE FROM status_event WHERE id = ANY(ARRAY(SELECT id FROM old))
"""


def maintain(now: datetime) -> None:
    before = str(UUID(int=milliseconds(now - KEPT) << 80))
    for _ in range(MOST_BATCHES):
        with connection.cursor() as cursor:
            cursor.execute(FORGET, {"before": before, "batch": BATCH})
            if cursor.rowcount < BATCH:
                break
    backlogs.bound()
    owners.tell()
