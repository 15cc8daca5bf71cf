"""What events mean for addresses and choices: bounces, complaints, unsubscriptions, and what
people write back. In the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from channels.base import Channel, EventKind
from notifications.callbacks.fold import opt_outs
from notifications.callbacks.fold.parse import Told
from notifications.callbacks.fold.places import Place
from notifications.callbacks.fold.transitions import Row
from notifications.record import candidates
from notifications.record.candidates import Candidate
from notifications.record.dead_addresses import COMPLAINT
from preferences.suppressions import bounce_strikes as strikes
from preferences.suppressions import suppressions
from preferences.suppressions.suppressions import KEYWORD, PROVIDER

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


def apply(told: Sequence[Told], rows: Mapping[str, Row]) -> None:
    """`rows`: the deliveries that are named, by id."""
    candidates.tally_receipts(
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
    _strike(placed)
    opt_outs.hear(heard)


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
    candidates.note(
        [
            _complaint(one, place) if one.event.kind == EventKind.COMPLAINED else _dead(one, place)
            for one, place in placed
            if one.event.kind in (EventKind.BOUNCED_HARD, EventKind.COMPLAINED)
            if place.hash is not None
            or (place.contact_point_id is not None and one.event.kind != EventKind.COMPLAINED)
        ]
    )
    candidates.note_counted(
        [
            _listed(one, place)
            for one, place in placed
            if one.event.kind == EventKind.SUPPRESSED and place.hash is not None
        ],
        EventKind.UNSUBSCRIBED,
    )


def _strike(placed: Sequence[tuple[Told, Place]]) -> None:
    """A mailbox that bounced on enough days is as good as one that bounced for good."""
    soft = {
        (one.channel, place.hash): (one, place)
        for one, place in placed
        if one.event.kind == EventKind.BOUNCED_SOFT and place.hash is not None
        if one.channel == Channel.EMAIL  # a phone that is off for days is still wanted
    }
    out = strikes.strike([(channel, hash_) for channel, hash_ in soft if hash_ is not None])
    candidates.note_counted(
        [replace(_dead(*soft[key]), reason=strikes.REASON) for key in sorted(out)],
        EventKind.BOUNCED_HARD,
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
        source=COMPLAINT,
    )


def _listed(told: Told, place: Place) -> Candidate:
    """On the provider's own list: of numbers by keyword, which a START lifts."""
    return Candidate(
        account_id=told.account_id or 0,
        contact_point_id=place.contact_point_id,
        channel=told.channel,
        reason=told.event.reason or "On the provider's own list",
        dead_since=told.at,
        address_hash=place.hash,
        suppress=True,
        told_later=True,
        source=KEYWORD if told.channel == Channel.SMS else PROVIDER,
    )
