"""Addresses that a provider calls dead, or whose owner it says complained or unsubscribed, and the
guard against giving up too many of them.

One wrong key or environment flag makes a provider call every address dead; one feedback loop or
list that is set up wrong, or one forger, makes everybody complain or unsubscribe. So nothing is
given up at once: it is noted (`candidates`), and `fold` looks at it some seconds later. When too
large a share of what an account sent, or of the receipts it got, says so, the account is held and
nothing is given up. Only what comes by a person's own signed link is believed at once.
"""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from channels.accounts.health import hold
from notifications.record import candidates, withdrawn
from notifications.record.candidates import Noted
from notifications.record.dead_evidence import RECEIPTS_OF, Evidence, evidence
from notifyproj.core.advisory_lock import AdvisoryLock
from notifyproj.core.alerts.alerts import alert_raise
from notifyproj.core.clock import now as clock_now
from preferences.recipients import dead_contact_points
from preferences.suppressions import suppressions

log = logging.getLogger(__name__)

WAIT = timedelta(seconds=3)  # an account that says "dead" to everything shows by then
SPARED_FOR = timedelta(days=30)  # they can be looked at so long
QUOTA = 5_000  # given up a second
LOCK = AdvisoryLock("bury")
GUARD = "guard"  # as an operator would: no probe can tell that the setting is right again
REASON = (
    "More people are gone, complained or unsubscribed at once than can be true: see the settings"
)
COMPLAINT = "complaint"  # source of a suppression

# What an account says that is held for something else is doubted, but not what people said to it:
# those are spared by the guard alone.
SPARE = """
UPDATE dead_candidate SET spared_at = now() WHERE spared_at IS NULL AND (account_id = ANY(%s)
    OR account_id = ANY(%s) AND withdrawal = '' AND source <> %s)
"""


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
        guarded = {s.account_id for s in suspects if s.held_by == GUARD or s.is_suspicious()}
        _spare(guarded, {s.account_id for s in suspects if s.held} - guarded)
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
        f"Of {suspect.sends} sends {suspect.refused} were rejected as dead, of {suspect.receipts}"
        f" receipts {suspect.bounced} were bounces; of {suspect.sent} messages of a week"
        f" {suspect.complained} were complained about at once, and {suspect.withdrawn} people"
        " unsubscribed. No address was given up."
    )
    title = f"Account {suspect.account_id}: too many addresses died, complained or unsubscribed"
    alert_raise(key=f"account-held:{suspect.account_id}", title=title, detail=detail)


def _spare(guarded: Collection[int], held: Collection[int]) -> None:
    if guarded or held:
        with connection.cursor() as cursor:
            cursor.execute(SPARE, [list(guarded), list(held), COMPLAINT])


def release(ids: Sequence[int]) -> int:
    """Gives up those of these candidates that were spared; by an operator. Returns how many."""
    with transaction.atomic():
        rows = candidates.take_spared(ids)
        _consequences(rows)
    return len(rows)


def release_withdrawn(channel: str, hashes: Sequence[bytes]) -> None:
    """What is noted as taken back is taken back now, before it is given again; in the caller's
    transaction."""
    _consequences(candidates.take_withdrawn(channel, hashes))


def _give_up(now: datetime) -> None:
    _consequences(candidates.take(now - WAIT, QUOTA))


def _consequences(rows: Sequence[Noted]) -> None:
    withdrawn.take_back([row for row in rows if row.withdrawal])
    gone = [row for row in rows if not row.withdrawal]
    _suppress([row for row in gone if row.suppress])
    given_up = dead_contact_points.deactivate(
        [
            dead_contact_points.Dead(row.contact_point_id, row.reason, row.dead_since)
            for row in gone
            if row.contact_point_id is not None and not row.suppress
        ]
    )
    if rows:
        log.info("dead addresses given up", extra={"noted": len(rows), "given_up": given_up})


def _suppress(rows: Sequence[Noted]) -> None:
    now = suppressions.hashes_of([id_ for row in rows if (id_ := row.contact_point_id) is not None])
    suppressions.add(
        [
            suppressions.Unwanted(row.channel, hash_, row.reason, row.source)
            for row in rows  # it may have been hashed anew
            for hash_ in {row.address_hash, now.get(row.contact_point_id or 0, b"")}
            if hash_
        ]
    )
