"""What people took back, and gave again, by way of a provider: suppression, choice and record
together. In bulk, in the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from notifyproj.core.clock import now as clock_now
from preferences.consent import events as consent
from preferences.suppressions import suppressions
from preferences.suppressions.suppressions import KEYWORD, PROVIDER, Unwanted

UNKNOWN_PERSON = "provider_unsubscribe"  # source of a suppression


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody said about all messages of a channel to an address of theirs."""

    channel: str
    address_hash: bytes = field(repr=False)
    at: datetime
    evidence: dict[str, Any] = field(default_factory=dict, repr=False)
    former: tuple[bytes, ...] = field(default=(), repr=False)  # hashes it may be stored under, too


class Stopped(NamedTuple):
    statement: Statement
    reason: str  # of the suppression


class Unsubscribed(NamedTuple):
    statement: Statement
    recipient_id: int | None  # None: whoever has the address


class OptedOut(NamedTuple):
    """A provider refused a send, since the person had told it to stop."""

    contact_point_id: int
    recipient_id: int | None
    channel: str
    evidence: Mapping[str, Any]


def opted_out(rows: Sequence[OptedOut]) -> None:
    """We did not know, or would not have sent: suppress, so that a START lifts it."""
    if not rows:
        return
    hashes = suppressions.hashes_of([row.contact_point_id for row in rows])
    known = [(row, hashes[row.contact_point_id]) for row in rows if row.contact_point_id in hashes]
    reason = "The person opted out at the provider"
    suppressions.add([Unwanted(row.channel, hash_, reason, KEYWORD) for row, hash_ in known])
    consent.record(
        [
            consent.Consent(
                consent.WITHDRAWN,
                row.channel,
                PROVIDER,
                clock_now(),
                recipient_id=row.recipient_id,
                about=consent.About.ADDRESS,
                address_hash=hash_,
                evidence=row.evidence,
            )
            for row, hash_ in known
        ]
    )


def stop(rows: Sequence[Stopped]) -> None:
    """By a keyword: nothing goes to the address any more, from whichever sender of ours."""
    suppress(rows, KEYWORD)


def start(statement: Statement) -> bool:
    """Lifts what a keyword had stopped, and nothing else; returns whether there was such."""
    return lift(statement, KEYWORD, [KEYWORD])


def suppress(rows: Sequence[Stopped], source: str) -> None:
    """In every form under which somebody has the address."""
    used = set(_owners([row.statement for row in rows]))
    each = [
        Stopped(replace(row.statement, address_hash=hash_, former=()), row.reason)
        for row in rows
        for hash_ in (row.statement.address_hash, *row.statement.former)
        if hash_ == row.statement.address_hash or (row.statement.channel, hash_) in used
    ]
    suppressions.add([Unwanted(w.channel, w.address_hash, reason, source) for w, reason in each])
    _record_of_each(consent.WITHDRAWN, [row.statement for row in each], source)


def lift(statement: Statement, source: str, sources: Sequence[str] | None) -> bool:
    """Whether it was suppressed for one of `sources` (None: whatever the reason)."""
    lifted = suppressions.lift(
        statement.channel, [statement.address_hash, *statement.former], sources
    )
    own = [replace(statement, address_hash=hash_, former=()) for hash_ in sorted(lifted)]
    _record_of_each(consent.GRANTED, own, source)
    return bool(lifted)


def unsubscribe(rows: Sequence[Unsubscribed]) -> None:
    """Told by the provider: a choice of the person; of somebody unknown, a suppression."""
    owners = _owners([row.statement for row in rows if row.recipient_id is None])
    people = [([id_] if id_ is not None else _people(statement, owners)) for statement, id_ in rows]
    found = [(row.statement, ids) for row, ids in zip(rows, people, strict=True)]
    for channel in sorted({statement.channel for statement, _ in found}):
        ids = {id_ for statement, known in found if statement.channel == channel for id_ in known}
        consent.choose_channel(channel, ids, enabled=False)
    _record(consent.WITHDRAWN, [(statement, ids) for statement, ids in found if ids], PROVIDER)
    _suppress_strangers([statement for statement, ids in found if not ids])


def _suppress_strangers(statements: Sequence[Statement]) -> None:
    reason = "Unsubscribed at the provider"
    suppressions.add(
        [Unwanted(one.channel, one.address_hash, reason, UNKNOWN_PERSON) for one in statements]
    )
    _record_of_each(consent.WITHDRAWN, statements, PROVIDER)


def resubscribe(statement: Statement, recipient_id: int | None) -> None:
    """Only where the provider had told us of the withdrawal, too."""
    people = (
        [recipient_id] if recipient_id is not None else _people(statement, _owners([statement]))
    )
    given = consent.withdrawn_by(PROVIDER, statement.channel, people)
    lift(statement, PROVIDER, [UNKNOWN_PERSON])
    consent.choose_channel(statement.channel, given, enabled=True)
    if given:
        _record(consent.GRANTED, [(statement, sorted(given))], PROVIDER)


Owners = Mapping[tuple[str, bytes], Sequence[int]]  # by channel and hash


def _owners(statements: Sequence[Statement]) -> Owners:
    found: dict[tuple[str, bytes], Sequence[int]] = {}
    for channel in sorted({one.channel for one in statements}):
        own = [one for one in statements if one.channel == channel]
        hashes = [hash_ for one in own for hash_ in (one.address_hash, *one.former)]
        owners = suppressions.owners_of(channel, hashes)
        found |= {(channel, hash_): ids for hash_, ids in owners.items()}
    return found


def _people(statement: Statement, owners: Owners) -> list[int]:
    each = (
        owners.get((statement.channel, hash_), ())
        for hash_ in (statement.address_hash, *statement.former)
    )
    return sorted({id_ for ids in each for id_ in ids})


def _record_of_each(action: str, statements: Sequence[Statement], source: str) -> None:
    """Of an address: an event for each person who has it; one for itself if nobody has."""
    owners = _owners(statements)
    found: list[tuple[Statement, Sequence[int | None]]] = [
        (one, _people(one, owners) or (None,)) for one in statements
    ]
    _record(action, found, source, about=consent.About.ADDRESS)


def _record(
    action: str,
    found: Iterable[tuple[Statement, Sequence[int | None]]],
    source: str,
    about: str = consent.About.CHOICE,
) -> None:
    consent.record(
        [
            consent.Consent(
                action,
                statement.channel,
                source,
                statement.at,
                recipient_id=id_,
                about=about,
                address_hash=statement.address_hash,
                evidence=statement.evidence,
            )
            for statement, people in found
            for id_ in people
        ]
    )
