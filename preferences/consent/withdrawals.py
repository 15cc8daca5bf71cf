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
class Word:
    """What somebody said about all messages of a channel to an address of theirs."""

    channel: str
    address_hash: bytes = field(repr=False)
    at: datetime
    evidence: dict[str, Any] = field(default_factory=dict, repr=False)
    former: tuple[bytes, ...] = field(default=(), repr=False)  # hashes it may be stored under, too


class Stopped(NamedTuple):
    word: Word
    reason: str  # of the suppression


class Unsubscribed(NamedTuple):
    word: Word
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


def start(word: Word) -> bool:
    """Lifts what a keyword had stopped, and nothing else; answers whether there was such."""
    return lift(word, KEYWORD, [KEYWORD])


def suppress(rows: Sequence[Stopped], source: str) -> None:
    """In every form under which somebody has the address."""
    used = set(_owners([row.word for row in rows]))
    each = [
        Stopped(replace(row.word, address_hash=hash_, former=()), row.reason)
        for row in rows
        for hash_ in (row.word.address_hash, *row.word.former)
        if hash_ == row.word.address_hash or (row.word.channel, hash_) in used
    ]
    suppressions.add([Unwanted(w.channel, w.address_hash, reason, source) for w, reason in each])
    _record_of_each(consent.WITHDRAWN, [row.word for row in each], source)


def lift(word: Word, source: str, sources: Sequence[str] | None) -> bool:
    """Whether it was suppressed for one of `sources` (None: whatever the reason)."""
    lifted = suppressions.lift(word.channel, [word.address_hash, *word.former], sources)
    own = [replace(word, address_hash=hash_, former=()) for hash_ in sorted(lifted)]
    _record_of_each(consent.GRANTED, own, source)
    return bool(lifted)


def unsubscribe(rows: Sequence[Unsubscribed]) -> None:
    """Told by the provider: a choice of the person; of somebody unknown, a suppression."""
    owners = _owners([row.word for row in rows if row.recipient_id is None])
    people = [([id_] if id_ is not None else _people(word, owners)) for word, id_ in rows]
    found = [(row.word, ids) for row, ids in zip(rows, people, strict=True)]
    for channel in sorted({word.channel for word, _ in found}):
        ids = {id_ for word, known in found if word.channel == channel for id_ in known}
        consent.choose_channel(channel, ids, enabled=False)
    _record(consent.WITHDRAWN, [(word, ids) for word, ids in found if ids], PROVIDER)
    _suppress_strangers([word for word, ids in found if not ids])


def _suppress_strangers(words: Sequence[Word]) -> None:
    reason = "Unsubscribed at the provider"
    suppressions.add(
        [Unwanted(word.channel, word.address_hash, reason, UNKNOWN_PERSON) for word in words]
    )
    _record_of_each(consent.WITHDRAWN, words, PROVIDER)


def resubscribe(word: Word, recipient_id: int | None) -> None:
    """Only where the provider had told us of the withdrawal, too."""
    people = [recipient_id] if recipient_id is not None else _people(word, _owners([word]))
    given = consent.withdrawn_by(PROVIDER, word.channel, people)
    lift(word, PROVIDER, [UNKNOWN_PERSON])
    consent.choose_channel(word.channel, given, enabled=True)
    if given:
        _record(consent.GRANTED, [(word, sorted(given))], PROVIDER)


Owners = Mapping[tuple[str, bytes], Sequence[int]]  # by channel and hash


def _owners(words: Sequence[Word]) -> Owners:
    found: dict[tuple[str, bytes], Sequence[int]] = {}
    for channel in sorted({word.channel for word in words}):
        own = [word for word in words if word.channel == channel]
        hashes = [hash_ for word in own for hash_ in (word.address_hash, *word.former)]
        owners = suppressions.owners_of(channel, hashes)
        found |= {(channel, hash_): ids for hash_, ids in owners.items()}
    return found


def _people(word: Word, owners: Owners) -> list[int]:
    each = (owners.get((word.channel, hash_), ()) for hash_ in (word.address_hash, *word.former))
    return sorted({id_ for ids in each for id_ in ids})


def _record_of_each(action: str, words: Sequence[Word], source: str) -> None:
    """Of an address: an event for each person who has it; one for itself if nobody has."""
    owners = _owners(words)
    found: list[tuple[Word, Sequence[int | None]]] = [
        (word, _people(word, owners) or (None,)) for word in words
    ]
    _record(action, found, source, about=consent.About.ADDRESS)


def _record(
    action: str,
    found: Iterable[tuple[Word, Sequence[int | None]]],
    source: str,
    about: str = consent.About.CHOICE,
) -> None:
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
            for word, people in found
            for id_ in people
        ]
    )
