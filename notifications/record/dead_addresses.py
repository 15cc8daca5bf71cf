"""Addresses that a provider calls dead, or whose owner it says complained, and the guard against
giving up too many of them.

One wrong key or environment flag makes a provider call every address dead; one feedback loop that
is set up wrong, or one forger, makes everybody complain. So nothing is given up at once: it is
noted, and `fold` looks at it some seconds later. When too large a share of what an account sent, or
of the receipts it got, says so, the account is held and nothing is given up.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction

from channels.accounts.health import hold
from channels.base import EventKind
from notifications.record.dead_evidence import RECEIPTS_OF, Evidence, evidence
from notifyproj.core.advisory_lock import AdvisoryLock
from notifyproj.core.alerts.alerts import alert_raise
from notifyproj.core.clock import now as clock_now
from notifyproj.core.sqlarrays import array, bytea_array, quoted_array
from preferences.recipients import dead_contact_points
from preferences.suppressions import suppressions

log = logging.getLogger(__name__)

WAIT = timedelta(seconds=3)  # an account that says "dead" to everything shows by then
SPARED_FOR = timedelta(days=30)  # they can be looked at so long
QUOTA = 5_000  # given up a second
LOCK = AdvisoryLock("bury")
GUARD = "guard"  # as an operator would: no probe can tell that the setting is right again
REASON = "More addresses died, or complained, at once than can be true: look at the settings"
COMPLAINT = "complaint"  # source of a suppression

NOTE = """
INSERT INTO dead_candidate (account_id, contact_point_id, channel, address_hash, reason, suppress,
    told_later, dead_since, source, at)
SELECT *, now() FROM unnest(%s::bigint[], %s::bigint[], %s::varchar[], %s::bytea[], %s::varchar[],
    %s::boolean[], %s::boolean[], %s::timestamptz[], %s::varchar[])
"""
TALLY = """
INSERT INTO receipt_tally (account_id, at, receipts, dead, complained)
SELECT a, now(), n, d, c
FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::int[]) AS u (a, n, d, c)
"""

SPARE = """
UPDATE dead_candidate SET spared_at = now() WHERE account_id = ANY(%s) AND spared_at IS NULL
"""
TAKE = """
DELETE FROM dead_candidate WHERE id IN (
    SELECT id FROM dead_candidate WHERE spared_at IS NULL AND at < %s
    ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING contact_point_id, channel, address_hash, reason, suppress, dead_since, source
"""
# By an operator, who found that what the guard had spared is true.
TAKE_SPARED = """
DELETE FROM dead_candidate WHERE id = ANY(%s) AND spared_at IS NOT NULL
RETURNING contact_point_id, channel, address_hash, reason, suppress, dead_since, source
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
    source: str = suppressions.PROVIDER  # of the suppression


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
                array(c.source for c in candidates),
            ],
        )


def tally_receipts(receipts: Iterable[tuple[int, EventKind]]) -> None:
    """(account id, what it says) of each event; in the caller's transaction."""
    seen = Counter(receipts)
    accounts = sorted({account_id for account_id, _ in seen})
    if not accounts:
        return
    dead = [seen[id_, EventKind.BOUNCED_HARD] for id_ in accounts]
    totals = [seen[id_, EventKind.DELIVERED] + n for id_, n in zip(accounts, dead, strict=True)]
    complained = [seen[id_, EventKind.COMPLAINED] for id_ in accounts]
    with connection.cursor() as cursor:
        cursor.execute(TALLY, [array(accounts), array(totals), array(dead), array(complained)])


def fold(now: datetime | None = None) -> None:
    """Once a second: spare what looks like our own mistake, give up the rest."""
    with transaction.atomic():
        if not LOCK.try_take():
            return
        suspects = evidence()
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


def _hold(suspect: Evidence) -> None:
    """Nobody is alarmed twice: an account that is held already was looked at. By the key of any
    holding, so that resuming it resolves the alert."""
    if suspect.held or not hold(suspect.account_id, REASON, by=GUARD):
        return
    detail = (
        f"Of {suspect.sends} sends {suspect.refused} were refused as dead, of {suspect.receipts}"
        f" receipts {suspect.bounced} were bounces; of {suspect.sent} messages of a week"
        f" {suspect.complained} were complained about at once. No address was given up."
    )
    title = f"Account {suspect.account_id}: too many addresses died, or complained, at once"
    alert_raise(key=f"account-held:{suspect.account_id}", title=title, detail=detail)


def _spare(account_ids: Sequence[int]) -> None:
    if account_ids:
        with connection.cursor() as cursor:
            cursor.execute(SPARE, [list(account_ids)])


def release(ids: Sequence[int]) -> int:
    """Gives up those of these candidates that were spared; by an operator. Returns how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TAKE_SPARED, [list(ids)])
        rows = cursor.fetchall()
        _consequences(rows)
    return len(rows)


def _give_up(now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [now - WAIT, QUOTA])
        rows = cursor.fetchall()
    _consequences(rows)


def _consequences(rows: Sequence[tuple[Any, ...]]) -> None:
    unwanted = [row for row in rows if row[4]]
    now = suppressions.hashes_of([row[0] for row in unwanted if row[0] is not None])
    suppressions.add(
        [
            suppressions.Unwanted(channel, hash_, reason, source)
            for id_, channel, noted, reason, _, _, source in unwanted
            for hash_ in {bytes(noted or b""), now.get(id_, b"")}  # it may have been hashed anew
            if hash_
        ]
    )
    given_up = dead_contact_points.deactivate(
        [
            dead_contact_points.Dead(id_, reason, since)
            for id_, _, _, reason, suppress, since, _ in rows
            if id_ is not None and not suppress
        ]
    )
    if rows:
        log.info("dead addresses given up", extra={"noted": len(rows), "given_up": given_up})
