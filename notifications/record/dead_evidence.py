"""What speaks against an account whose people are gone, complain or unsubscribe, in numbers."""

from datetime import timedelta
from typing import Any, NamedTuple

from django.db import connection

from notifications.statuses import State

MOST_DEAD, MOST_SHARE = 10, 0.2
LAST_SENDS = 500
SENDS_OF, RECEIPTS_OF = timedelta(minutes=1), timedelta(minutes=10)
SENT_OF = timedelta(days=7)  # people complain about, and stop, what came days ago

# What was seen before an account's candidates were spared counts no more: it may be mended.
EVIDENCE = """
WITH suspect AS (
    SELECT d.account_id, count(*) FILTER (WHERE NOT d.told_later) AS refused,
           coalesce((SELECT max(s.spared_at) FROM dead_candidate s
                     WHERE s.account_id = d.account_id), '-infinity') AS spared_at
    FROM dead_candidate d WHERE d.spared_at IS NULL GROUP BY d.account_id
), sends AS (
    SELECT account_id, sum(n) AS n, sum(dead) AS dead FROM (
        SELECT d.account_id, d.dead, d.ok + d.failed AS n,
               sum(d.ok + d.failed) OVER (PARTITION BY d.account_id ORDER BY d.at DESC, d.id DESC)
                   AS upto
        FROM account_health_delta d JOIN suspect s USING (account_id)
        WHERE d.at > greatest(s.spared_at, now() - %(sends_of)s)
    ) newest WHERE upto - n < %(last_sends)s GROUP BY account_id
), receipts AS (
    SELECT account_id, sum(receipts) AS n, sum(t.dead) AS dead, sum(t.complained) AS complained,
           sum(t.withdrawn) AS withdrawn
    FROM receipt_tally t JOIN suspect s USING (account_id)
    WHERE t.at > greatest(s.spared_at, now() - %(receipts_of)s) GROUP BY account_id
), sent AS (  -- read only where many complained or unsubscribed
    SELECT r.account_id, sum(c.n) AS n FROM receipts r JOIN counter c USING (account_id)
    WHERE greatest(r.complained, r.withdrawn) >= %(most)s
      AND c.measure = %(sent)s AND c.hour > now() - %(sent_of)s
    GROUP BY 1
)
SELECT s.account_id, coalesce(p.n, 0)::int,
       greatest(p.dead, least(s.refused, coalesce(p.n, 0)))::int,
       coalesce(r.n, 0)::int, coalesce(r.dead, 0)::int, coalesce(r.complained, 0)::int,
       coalesce(r.withdrawn, 0)::int, greatest(r.n, t.n, 0)::bigint,
       a.held_at IS NOT NULL, coalesce(a.held_by, '')
FROM suspect s LEFT JOIN sends p USING (account_id) LEFT JOIN receipts r USING (account_id)
LEFT JOIN sent t USING (account_id)
LEFT JOIN provider_account a ON a.id = s.account_id
"""


class Evidence(NamedTuple):
    account_id: int
    sends: int
    refused: int
    receipts: int
    bounced: int
    complained: int
    withdrawn: int  # people who unsubscribed, as the provider says
    sent: int  # of days, as far as it counts for these two
    held: bool
    held_by: str

    def is_suspicious(self) -> bool:
        died = too_many(self.refused, self.sends) or too_many(self.bounced, self.receipts)
        said_no = too_many(self.complained, self.sent) or too_many(self.withdrawn, self.sent)
        return died or said_no


def too_many(dead: int, of: int) -> bool:
    return dead >= MOST_DEAD and dead > MOST_SHARE * of


def evidence() -> list[Evidence]:
    """Of each account with candidates that are open."""
    params: dict[str, Any] = {
        "sends_of": SENDS_OF,
        "receipts_of": RECEIPTS_OF,
        "last_sends": LAST_SENDS,
        "most": MOST_DEAD,
        "sent": State.SENT.value,
        "sent_of": SENT_OF,
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM dead_candidate WHERE spared_at IS NULL)")
        if not cursor.fetchone()[0]:
            return []
        cursor.execute(EVIDENCE, params)
        return [Evidence._make(row) for row in cursor.fetchall()]
