"""What people took back, and gave again, by way of a provider: suppression, choice and record
together. In bulk, in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from notifyproj.core.clock import now as clock_now
from preferences.consent import events as consent
from preferences.suppressions import suppressions
from preferences.suppressions.suppressions import KEYWORD, PROVIDER, Unwanted

UNKNOWN_PERSON = "provider_unsubscribe"  # source of a suppression


class OptedOut(NamedTuple):
    """A provider refused a send, since the person had told it to stop."""

    contact_point_id: int
    recipient_id: int
    channel: str
    code: str


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody said about all messages of a channel to an address of theirs."""

    channel: str
    address_hash: bytes = field(repr=False)
    at: datetime
    evidence: dict[str, Any] = field(default_factory=dict, repr=False)
    former: tuple[bytes, ...] = field(default=(), repr=False)  # hashes it may be stored under, too


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
                evidence={"code": row.code},
            )
            for row, hash_ in known
        ]
    )


def stop(word: Word, reason: str) -> None:
    """By a keyword: nothing goes to the address any more, from whichever sender of ours."""
    suppress(word, reason, KEYWORD)


def start(word: Word) -> bool:
    """Lifts what a keyword had stopped, and nothing else; answers whether there was such."""
    return lift(word, KEYWORD, [KEYWORD])


def suppress(word: Word, reason: str, source: str) -> None:
    hashes = [word.address_hash, *suppressions.in_use(word.channel, word.former)]
    suppressions.add([Unwanted(word.channel, hash_, reason, source) for hash_ in hashes])
    _record_of_each(consent.WITHDRAWN, word, source, hashes)


def lift(word: Word, source: str, sources: Sequence[str] | None) -> bool:
    """Whether it was suppressed for one of `sources` (None: whatever the reason)."""
    lifted = suppressions.lift(word.channel, [word.address_hash, *word.former], sources)
    _record_of_each(consent.GRANTED, word, source, sorted(lifted))
    return bool(lifted)


def unsubscribe(word: Word, recipient_id: int | None) -> None:
    """Told by the provider: a choice of the person; of somebody unknown, a suppression."""
    people = _people(word, recipient_id)
    if not people:
        reason = "Unsubscribed at the provider"
        suppressions.add([Unwanted(word.channel, word.address_hash, reason, UNKNOWN_PERSON)])
        _record_of_each(consent.WITHDRAWN, word, PROVIDER, [word.address_hash])
        return
    consent.choose_channel(word.channel, people, enabled=False)
    _record(consent.WITHDRAWN, word, PROVIDER, people)


def resubscribe(word: Word, recipient_id: int | None) -> None:
    """Only where the provider had told us of the withdrawal, too."""
    given = consent.withdrawn_by(PROVIDER, word.channel, _people(word, recipient_id))
    lift(word, PROVIDER, [UNKNOWN_PERSON])
    consent.choose_channel(word.channel, given, enabled=True)
    if given:
        _record(consent.GRANTED, word, PROVIDER, sorted(given))


def _people(word: Word, recipient_id: int | None) -> list[int]:
    if recipient_id is not None:
        return [recipient_id]
    owners = suppressions.owners_of(word.channel, [word.address_hash, *word.former])
    return sorted({id_ for ids in owners.values() for id_ in ids})


def _record_of_each(action: str, word: Word, source: str, hashes: Sequence[bytes]) -> None:
    for hash_ in hashes:  # one, but while addresses are hashed anew
        own = replace(word, address_hash=hash_, former=())
        _record(action, own, source, about=consent.About.ADDRESS)


def _record(
    action: str,
    word: Word,
    source: str,
    people: Sequence[int] | None = None,
    about: str = consent.About.CHOICE,
) -> None:
    """An event for each person who has the address; one for the address if nobody has."""
    owners: Sequence[int | None] = _people(word, None) if people is None else people
    consent.record(
        [
            consent.Consent(
                action,
                word.channel,
                source,
                word.at,
                recipient_id=id_,
                about=about,
                address_hash=word.address_hash,
                evidence=word.evidence,
            )
            for id_ in owners or [None]
        ]
    )
