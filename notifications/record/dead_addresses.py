"""Addresses that a provider calls dead, and the guard against giving up too many of them.

One wrong key or environment flag makes a provider call every address dead. So nothing is given up
at once: it is noted, and `fold` looks at it some seconds later. When too large a share of what an
account sent, or of the receipts it got, says "dead", the account is held and nothing is given up.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction

from channels.accounts.health import hold
from notifyproj.core.alerts import alert_raise
from notifyproj.core.clock import now as clock_now
from notifyproj.core.sqlarrays import array, bytea_array, quoted_array
from preferences import contact_points
from preferences.consent import suppressions

log = logging.getLogger(__name__)

WAIT = timedelta(seconds=3)  # an account that says "dead" to everything shows by then
MOST_DEAD, MOST_SHARE = 10, 0.2
LAST_SENDS = 500
SENDS_OF, RECEIPTS_OF = timedelta(minutes=1), timedelta(minutes=10)
SPARED_FOR = timedelta(days=30)  # they can be looked at so long
QUOTA = 5_000  # given up a second
LOCK = 0x62757279
GUARD = "guard"  # as an operator would: no probe can tell that the setting is right again
REASON = "More addresses died at once than can be true: look at the key and the settings"

NOTE = """
INSERT INTO dead_candidate (account_id, contact_point_id, channel, address_hash, reason, suppress,
    told_later, dead_since, at)
SELECT *, now() FROM unnest(%s::bigint[], %s::bigint[], %s::varchar[], %s::bytea[], %s::varchar[],
    %s::boolean[], %s::boolean[], %s::timestamptz[])
"""
TALLY = """
INSERT INTO receipt_tally (account_id, at, receipts, dead)
SELECT a, now(), n, d FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS u (a, n, d)
"""

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
    SELECT account_id, sum(receipts) AS n, sum(t.dead) AS dead
    FROM receipt_tally t JOIN suspect s USING (account_id)
    WHERE t.at > greatest(s.spared_at, now() - %(receipts_of)s) GROUP BY account_id
)
SELECT s.account_id, coalesce(p.n, 0)::int,
       greatest(p.dead, least(s.refused, coalesce(p.n, 0)))::int,
       coalesce(r.n, 0)::int, coalesce(r.dead, 0)::int, a.held_at IS NOT NULL
FROM suspect s LEFT JOIN sends p USING (account_id) LEFT JOIN receipts r USING (account_id)
LEFT JOIN provider_account a ON a.id = s.account_id
"""
SPARE = """
UPDATE dead_candidate SET spared_at = now() WHERE account_id = ANY(%s) AND spared_at IS NULL
"""
TAKE = """
DELETE FROM dead_candidate WHERE id IN (
    SELECT id FROM dead_candidate WHERE spared_at IS NULL AND at < %s
    ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING contact_point_id, channel, address_hash, reason, suppress, dead_since
"""


class Candidate(NamedTuple):
    account_id: int
    contact_point_id: int | None
    channel: str
    reason: str
    dead_since: datetime
    address_hash: bytes | None = None
    suppress: bool = False  # the address, whoever has it; else this contact point only
    told_later: bool = False  # by a callback


class Evidence(NamedTuple):
    account_id: int
    sends: int
    refused: int
    receipts: int
    bounced: int
    held: bool

    def is_suspicious(self) -> bool:
        return too_many(self.refused, self.sends) or too_many(self.bounced, self.receipts)


def too_many(dead: int, of: int) -> bool:
    return dead >= MOST_DEAD and dead > MOST_SHARE * of


def note(candidates: Sequence[Candidate]) -> None:
    """One statement, in the caller's transaction."""
    if not candidates:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            NOTE,
            [
                array(c.account_id for c in candidates),
                array(c.contact_point_id for c in candidates),
                array(c.channel for c in candidates),
                bytea_array(c.address_hash for c in candidates),
                quoted_array(c.reason[:200] for c in candidates),
                array(c.suppress for c in candidates),
                array(c.told_later for c in candidates),
                array(f'"{c.dead_since.isoformat()}"' for c in candidates),
            ],
        )


def tally_receipts(receipts: Iterable[tuple[int, bool]]) -> None:
    """(account id, bounced for good) of each receipt, in the caller's transaction."""
    seen = Counter(receipts)
    accounts = sorted({account_id for account_id, _ in seen})
    if not accounts:
        return
    with connection.cursor() as cursor:
        totals = [seen[id_, True] + seen[id_, False] for id_ in accounts]
        dead = [seen[id_, True] for id_ in accounts]
        cursor.execute(TALLY, [array(accounts), array(totals), array(dead)])


def fold(now: datetime | None = None) -> None:
    """Once a second: spare what looks like our own mistake, give up the rest."""
    with transaction.atomic():
        if not _only_one():
            return
        suspects = _evidence()
        if not suspects:
            return
        for suspect in suspects:
            if suspect.is_suspicious():
                _hold(suspect)
        _spare([s.account_id for s in suspects if s.held or s.is_suspicious()])
        _give_up(now or clock_now())


def forget(now: datetime) -> None:
    """What nobody looks at any more; by `maintenance`."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM receipt_tally WHERE at < %s", [now - RECEIPTS_OF])
        cursor.execute("DELETE FROM dead_candidate WHERE spared_at < %s", [now - SPARED_FOR])


def _evidence() -> list[Evidence]:
    words: dict[str, Any] = {
        "sends_of": SENDS_OF,
        "receipts_of": RECEIPTS_OF,
        "last_sends": LAST_SENDS,
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM dead_candidate WHERE spared_at IS NULL)")
        if not cursor.fetchone()[0]:
            return []
        cursor.execute(EVIDENCE, words)
        return [Evidence._make(row) for row in cursor.fetchall()]


def _hold(suspect: Evidence) -> None:
    """Nobody is alarmed twice: an account that is held already was looked at. By the key of any
    holding, so that resuming it resolves the alert."""
    if suspect.held or not hold(suspect.account_id, REASON, by=GUARD):
        return
    detail = (
        f"Of {suspect.sends} sends {suspect.refused} were refused as dead, of {suspect.receipts}"
        f" receipts {suspect.bounced} were bounces. No address was given up."
    )
    title = f"Account {suspect.account_id}: too many addresses died at once"
    alert_raise(key=f"account-held:{suspect.account_id}", title=title, detail=detail)


def _spare(account_ids: Sequence[int]) -> None:
    if account_ids:
        with connection.cursor() as cursor:
            cursor.execute(SPARE, [list(account_ids)])


def _give_up(now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [now - WAIT, QUOTA])
        rows = cursor.fetchall()
    suppressions.add(
        [
            suppressions.Unwanted(channel, bytes(hash_), reason, suppressions.PROVIDER)
            for _, channel, hash_, reason, suppress, _ in rows
            if suppress and hash_ is not None
        ]
    )
    given_up = contact_points.deactivate(
        [
            contact_points.Dead(id_, reason, since)
            for id_, _, _, reason, suppress, since in rows
            if id_ is not None and not suppress
        ]
    )
    if rows:
        log.info("dead addresses given up", extra={"noted": len(rows), "given_up": given_up})


def _only_one() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])
