"""What events mean for addresses and choices: bounces, complaints, unsubscriptions, and what
people write back. In the caller's transaction."""

import logging
from collections.abc import Mapping, Sequence
from copy import copy

from channels.base import Channel, EventKind
from notifications.callbacks.fold.parse import Told
from notifications.callbacks.fold.sms_keywords import Kind, meaning
from notifications.callbacks.fold.transitions import Row
from notifications.record import dead_addresses
from notifications.record.dead_addresses import Candidate
from preferences.addresses import addresses
from preferences.consent import withdrawals
from preferences.suppressions import bounce_strikes, suppressions
from preferences.suppressions.suppressions import KEYWORD, PROVIDER, Unwanted

log = logging.getLogger(__name__)

ACTING = frozenset(
    {
        EventKind.BOUNCED_HARD,
        EventKind.BOUNCED_SOFT,
        EventKind.COMPLAINED,
        EventKind.SUPPRESSED,
        EventKind.UNSUBSCRIBED,
        EventKind.RESUBSCRIBED,
        EventKind.INBOUND,
    }
)
RECEIPTS = frozenset({EventKind.DELIVERED, EventKind.BOUNCED_HARD, EventKind.COMPLAINED})
COMPLAINED = "The person called it spam"
EVIDENCE_TEXT = 200  # characters of a message that was taken for a STOP


class Place:
    """The address an event is about: of the delivery it names, else as the provider says it."""

    def __init__(self, told: Told, row: Row | None, hashes: Mapping[int, bytes]) -> None:
        self.contact_point_id = row.contact_point_id if row else None
        self.recipient_id = row.recipient_id if row else None
        own = hashes.get(self.contact_point_id) if self.contact_point_id else None
        said, former = _hashes(told)
        self.hash = own or said
        same = {said, *former} if own is None or own in (said, *former) else set()
        self.others = tuple(sorted({hash_ for hash_ in same if hash_} - {self.hash}))

    def of(self, hash_: bytes) -> "Place":
        """The same address in another form, under which others have it."""
        twin = copy(self)
        twin.hash, twin.others, twin.contact_point_id = hash_, (), None
        return twin


def apply(told: Sequence[Told], rows: Mapping[str, Row]) -> None:
    """`rows`: the deliveries that are named, by id."""
    dead_addresses.tally_receipts(
        (one.account_id, one.event.kind)
        for one in told
        if one.account_id is not None and one.event.kind in RECEIPTS
    )
    acting = [one for one in told if one.event.kind in ACTING and one.account_id is not None]
    if not acting:
        return
    own = {one.id: row for one in acting if (row := _row_of(one, rows)) is not None}
    points = {row.contact_point_id for row in own.values() if row.contact_point_id is not None}
    hashes = suppressions.hashes_of(sorted(points))
    heard = [(one, Place(one, own.get(one.id), hashes)) for one in acting]
    placed = [*heard, *_twins(heard)]
    _note(placed)
    bounce_strikes.strike(
        [
            (one.channel, place.hash)
            for one, place in placed
            if one.event.kind == EventKind.BOUNCED_SOFT and place.hash is not None
            if one.channel == Channel.EMAIL  # a phone that is off for days is still wanted
        ]
    )
    suppressions.add(
        [unwanted for one, place in placed if (unwanted := _unwanted(one, place)) is not None]
    )
    for one, place in heard:  # few, and each after the one before
        _hear(one, place)


def _twins(heard: Sequence[tuple[Told, Place]]) -> list[tuple[Told, Place]]:
    """The same news of the same addresses as others have them stored, until all are hashed anew."""
    twins = []
    for channel in sorted({one.channel for one, place in heard if place.others}):
        mine = [pair for pair in heard if pair[0].channel == channel]
        used = suppressions.in_use(channel, [h for _, place in mine for h in place.others])
        for one, place in mine:
            if channel == Channel.EMAIL or place.contact_point_id is None:
                twins += [(one, place.of(hash_)) for hash_ in place.others if hash_ in used]
    return twins


def _row_of(told: Told, rows: Mapping[str, Row]) -> Row | None:
    """Only a delivery of the account's own channel."""
    row = rows.get(told.id)
    return row if row is not None and row.channel == told.channel else None


def _note(placed: Sequence[tuple[Told, Place]]) -> None:
    """What is given up some seconds later, unless it is too much at once to be true."""
    dead_addresses.note(
        [
            _complaint(one, place) if one.event.kind == EventKind.COMPLAINED else _dead(one, place)
            for one, place in placed
            if one.event.kind in (EventKind.BOUNCED_HARD, EventKind.COMPLAINED)
            if place.hash is not None
            or (place.contact_point_id is not None and one.event.kind != EventKind.COMPLAINED)
        ]
    )


def _dead(told: Told, place: Place) -> Candidate:
    """A mailbox that bounces is suppressed, whoever has it; a number or device is given up."""
    return Candidate(
        account_id=told.account_id or 0,
        contact_point_id=place.contact_point_id,
        channel=told.channel,
        reason=told.event.reason or "Bounced",
        dead_since=told.at,
        address_hash=place.hash,
        suppress=told.channel == Channel.EMAIL or place.contact_point_id is None,
        told_later=True,
    )


def _complaint(told: Told, place: Place) -> Candidate:
    return Candidate(
        account_id=told.account_id or 0,
        contact_point_id=place.contact_point_id,
        channel=told.channel,
        reason=COMPLAINED,
        dead_since=told.at,
        address_hash=place.hash,
        suppress=True,
        told_later=True,
        source=dead_addresses.COMPLAINT,
    )


def _unwanted(told: Told, place: Place) -> Unwanted | None:
    if place.hash is None:
        return None
    if told.event.kind == EventKind.SUPPRESSED:
        reason = told.event.reason or "On the provider's own list"
        source = KEYWORD if told.channel == Channel.SMS else PROVIDER  # theirs is by keyword, too
        return Unwanted(told.channel, place.hash, reason, source)
    return None


def _hear(told: Told, place: Place) -> None:
    if place.hash is None:
        return
    evidence = {"provider_id": told.event.provider_id, "account": told.account_id}
    word = withdrawals.Word(
        channel=told.channel,
        address_hash=place.hash,
        at=told.at,
        evidence=evidence,
        former=place.others,
    )
    match told.event.kind:
        case EventKind.UNSUBSCRIBED:
            withdrawals.unsubscribe(word, place.recipient_id)
        case EventKind.RESUBSCRIBED:
            withdrawals.resubscribe(word, place.recipient_id)
        case EventKind.INBOUND:
            _read_message(told, word)


def _read_message(told: Told, word: withdrawals.Word) -> None:
    found = meaning(told.event.text, told.event.code)
    word.evidence.update(sender=told.event.sender, keyword=found.keyword)
    if found.kind == Kind.STOP:
        if not found.is_sure:
            word.evidence.update(review=True, text=told.event.text[:EVIDENCE_TEXT])
        withdrawals.stop(word, f"Asked to stop by SMS: {found.keyword}")
    elif found.kind == Kind.START:
        withdrawals.start(word)
    if found.kind != Kind.OTHER:
        heard = {"keyword": found.kind.value, "sure": found.is_sure, "account": told.account_id}
        log.info("an SMS keyword came in", extra=heard)


def _hashes(told: Told) -> tuple[bytes | None, tuple[bytes, ...]]:
    """Of today, and former ones; an address may be one that is sent to no more."""
    channel, text = told.channel, told.event.address
    if not addresses.is_one(channel, text):
        return None, ()
    return addresses.hash_of(channel, text), addresses.former_hashes_of(channel, text)
