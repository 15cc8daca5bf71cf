"""What people took back by way of a provider, once the guard lets it through."""

from collections.abc import Mapping, Sequence

from notifications.callback_models import Withdrawal
from notifications.record.candidates import Noted
from preferences.consent import withdrawals
from preferences.consent.withdrawals import OptedOut, Statement, Stopped, Unsubscribed
from preferences.suppressions import suppressions


def take_back(rows: Sequence[Noted]) -> None:
    """In bulk, in the caller's transaction."""
    if not rows:
        return
    now = suppressions.hashes_of([id_ for row in rows if (id_ := row.contact_point_id) is not None])
    withdrawals.unsubscribe(
        [
            Unsubscribed(_statement(row, now), row.recipient_id)
            for row in rows
            if row.withdrawal == Withdrawal.UNSUBSCRIBED
        ]
    )
    withdrawals.stop(
        [
            Stopped(_statement(row, now), row.reason)
            for row in rows
            if row.withdrawal == Withdrawal.STOP
        ]
    )
    withdrawals.opted_out(
        [
            OptedOut(
                contact_point_id=row.contact_point_id,
                recipient_id=row.recipient_id,
                channel=row.channel,
                evidence=row.evidence,
            )
            for row in rows
            if row.withdrawal == Withdrawal.REFUSED and row.contact_point_id is not None
        ]
    )


def _statement(row: Noted, now: Mapping[int, bytes]) -> Statement:
    """Its address may have been hashed anew since it was noted."""
    fresh = now.get(row.contact_point_id or 0)
    others = {*row.former, *([fresh] if fresh else [])} - {row.address_hash}
    return Statement(
        channel=row.channel,
        address_hash=row.address_hash,
        at=row.dead_since,
        evidence=row.evidence,
        former=tuple(sorted(others)),
    )
