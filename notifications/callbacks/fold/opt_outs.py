"""What people take back by way of a provider, and give again: by a keyword, or on its own pages.

Taking back is noted for the guard of `record/dead_addresses.py`, since one wrong list or forger can
say so of everybody. Giving again is done at once, after what was taken back before it."""

import logging
from collections.abc import Sequence
from typing import Any

from channels.base import EventKind
from notifications.callback_models import Withdrawal
from notifications.callbacks.fold.parse import Told
from notifications.callbacks.fold.places import Place
from notifications.callbacks.fold.sms_keywords import Kind, Meaning, meaning
from notifications.record import candidates, dead_addresses
from notifications.record.candidates import Candidate
from preferences.consent import withdrawals
from preferences.consent.withdrawals import Statement

EVIDENCE_TEXT = 200  # characters of a message that was taken for a STOP

log = logging.getLogger(__name__)


def hear(heard: Sequence[tuple[Told, Place]]) -> None:
    """In their order; in the caller's transaction."""
    noted: list[Candidate] = []
    for told, place in heard:
        if place.hash is None:
            continue
        found = _meaning(told)
        if (candidate := _withdrawal(told, place, found)) is not None:
            noted.append(candidate)
        elif told.event.kind == EventKind.RESUBSCRIBED or found.kind == Kind.START:
            candidates.note_counted(noted, EventKind.UNSUBSCRIBED)
            noted = []
            _give_again(told, _statement(told, place, place.hash, found), place)
    candidates.note_counted(noted, EventKind.UNSUBSCRIBED)


def _meaning(told: Told) -> Meaning:
    """Of no message: none."""
    if told.event.kind != EventKind.INBOUND:
        return Meaning(Kind.OTHER)
    found = meaning(told.event.text, told.event.code)
    if found.kind != Kind.OTHER:
        heard = {"keyword": found.kind.value, "sure": found.is_sure, "account": told.account_id}
        log.info("an SMS keyword came in", extra=heard)
    return found


def _withdrawal(told: Told, place: Place, found: Meaning) -> Candidate | None:
    if told.event.kind == EventKind.UNSUBSCRIBED:
        return _candidate(told, place, found, Withdrawal.UNSUBSCRIBED, "Unsubscribed")
    if found.kind == Kind.STOP:
        reason = f"Asked to stop by SMS: {found.keyword}"
        return _candidate(told, place, found, Withdrawal.STOP, reason)
    return None


def _candidate(
    told: Told, place: Place, found: Meaning, withdrawal: Withdrawal, reason: str
) -> Candidate:
    return Candidate(
        account_id=told.account_id or 0,
        contact_point_id=place.contact_point_id,
        channel=told.channel,
        reason=reason,
        dead_since=told.at,
        address_hash=place.hash,
        told_later=True,
        withdrawal=withdrawal,
        recipient_id=place.recipient_id,
        evidence=_evidence(told, found),
        former=place.others,
    )


def _give_again(told: Told, statement: Statement, place: Place) -> None:
    dead_addresses.release_withdrawn(statement.channel, [statement.address_hash, *statement.former])
    if told.event.kind == EventKind.RESUBSCRIBED:
        withdrawals.resubscribe(statement, place.recipient_id)
    else:
        withdrawals.start(statement)


def _statement(told: Told, place: Place, hash_: bytes, found: Meaning) -> Statement:
    return Statement(
        channel=told.channel,
        address_hash=hash_,
        at=told.at,
        evidence=_evidence(told, found),
        former=place.others,
    )


def _evidence(told: Told, found: Meaning) -> dict[str, Any]:
    evidence = {"provider_id": told.event.provider_id, "account": told.account_id}
    if told.event.kind != EventKind.INBOUND:
        return evidence
    evidence.update(sender=told.event.sender, keyword=found.keyword)
    if found.kind == Kind.STOP and not found.is_sure:
        evidence.update(review=True, text=told.event.text[:EVIDENCE_TEXT])
    return evidence
