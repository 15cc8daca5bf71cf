"""Slices that are due, handed to the resolver: by the tick, and at once by whoever launches."""

from typing import Any

from django.db import connection

from notifications.campaigns.states import CampaignState, RunState
from notifications.dispatch import dispatch
from notifications.operations.due_work import Work
from notifications.queues import PERIODIC, TICK_CAMPAIGNS

# A few of each run at a time: the others' hour may be the same, and the resolver is everybody's.
DUE = """
WITH due AS (
    SELECT s.id, row_number() OVER (PARTITION BY s.run_id ORDER BY s.due_at, s.id) AS place
    FROM campaign_slice s JOIN campaign_run r ON r.id = s.run_id
    WHERE s.due_at <= now() AND r.state = %(running)s
)
UPDATE campaign_slice s SET due_at = now() + %(life)s, dispatch_no = s.dispatch_no + 1
FROM due, campaign_run r
WHERE s.id = due.id AND r.id = s.run_id AND due.place <= %(most)s
  AND s.due_at <= now() AND s.done_at IS NULL
RETURNING s.id, s.dispatch_no, r.lane
"""
AT_A_TIME = 3

WORK = Work(
    TICK_CAMPAIGNS,
    PERIODIC,
    (
        f"SELECT FROM campaign WHERE state = '{CampaignState.SCHEDULED}' AND next_at <= now()",
        f"SELECT FROM campaign_run WHERE state = '{RunState.RUNNING}'",
        "SELECT FROM campaign_run WHERE leftovers",
    ),
)


def feed_due() -> None:
    """Tasks for the slices that are due."""
    params: dict[str, Any] = {"running": RunState.RUNNING, "life": dispatch.RESOLVE_LIFE}
    params["most"] = AT_A_TIME
    with connection.cursor() as cursor:
        cursor.execute(DUE, params)
        found = cursor.fetchall()
    for slice_id, dispatch_no, lane in found:
        dispatch.publish_feed(slice_id, dispatch_no, lane)
