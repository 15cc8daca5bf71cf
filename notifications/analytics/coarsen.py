"""Old counters by the day instead of the hour: a twenty-fourth of the rows.

Only of days whose deliveries are gone: those that can still be recounted keep their hours. The
counters of an arm do, too: its deliveries were created in one hour, so there is nothing to gain.
"""

from datetime import UTC, date, datetime, time, timedelta

from django.db import connection

from notifications.analytics.recount import days

LOOKS_BACK = timedelta(days=60)  # what is older was done long ago
COARSEN = """
WITH taken AS (
    DELETE FROM counter
    WHERE hour >= %(since)s AND hour < %(until)s AND hour <> date_trunc('day', hour, 'UTC')
      AND arm_id = 0
    RETURNING date_trunc('day', hour, 'UTC') AS day, arm_id, type_id, channel, account_id, measure,
        reason, n
)
INSERT INTO counter AS c (hour, arm_id, type_id, channel, account_id, measure, reason, n)
SELECT day, arm_id, type_id, channel, account_id, measure, reason, sum(n)
FROM taken GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7
ON CONFLICT (hour, arm_id, type_id, channel, account_id, measure, reason)
DO UPDATE SET n = c.n + excluded.n
"""


def coarsen() -> None:
    """One statement, so whoever reads finds either the hours or their day."""
    if kept := days():
        _before(kept[0])


def _before(day: date) -> None:
    until = datetime.combine(day, time.min, UTC)
    with connection.cursor() as cursor:
        cursor.execute(COARSEN, {"since": until - LOOKS_BACK, "until": until})
