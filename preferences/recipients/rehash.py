"""Contact points into the present form: hashed anew from their decrypted address; those that turn
out to be one are made one. In bounded batches; safe to stop, to repeat, beside a running system.

Of several that are one, the one of a person that is active stays before one found dead, then the
one registered last; of a device the one registered last, whoever has it: the phone is theirs. What
was suppressed in any form stays suppressed in all (`suppressions.carry`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from notifyproj.core.encryption import LOOKUP_VERSION, Undecryptable
from notifyproj.core.sqlarrays import array, bytea_array, quoted_array
from preferences.addresses import addresses
from preferences.suppressions import suppressions

# Whoever registers takes the person's lock first, too: an erasure cannot come in between.
PEOPLE = """
SELECT id, external_id, data_key FROM recipient
WHERE id IN (SELECT recipient_id FROM contact_point WHERE id = ANY(%s::bigint[]))
ORDER BY external_id FOR NO KEY UPDATE
"""
COLUMNS = "id, recipient_id, channel, app_id, address, address_hash, active, registered_at, hint"
POINTS = f"""
SELECT {COLUMNS} FROM contact_point WHERE id = ANY(%s::bigint[]) AND hash_version < %s
ORDER BY app_id, address_hash FOR UPDATE
"""  # noqa: S608 - a constant
# Those that have the present form already.
THERE = f"""
SELECT {COLUMNS} FROM contact_point
WHERE (address_hash, channel) IN (SELECT * FROM unnest(%s::bytea[], %s::text[]))
ORDER BY app_id, address_hash FOR UPDATE
"""  # noqa: S608 - a constant
SAME = "UPDATE contact_point SET hash_version = %s WHERE id = ANY(%s::bigint[])"
MOVE = """
UPDATE contact_point c SET address = u.address, address_hash = u.hash, hash_version = %s,
    hint = u.hint, area = u.area
FROM unnest(%s::bigint[], %s::bytea[], %s::bytea[], %s::text[], %s::text[])
     AS u (id, address, hash, hint, area)
WHERE c.id = u.id
"""
GONE = "DELETE FROM contact_point WHERE id = ANY(%s::bigint[])"
STRIKES = """
INSERT INTO bounce_strike (channel, address_hash, day)
SELECT DISTINCT s.channel, u.now, s.day FROM unnest(%s::bytea[], %s::bytea[]) AS u (former, now)
JOIN bounce_strike s ON s.address_hash = u.former ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Stored:
    id: int
    recipient_id: int
    channel: str
    app_id: int | None
    address: bytes = field(repr=False)
    hash: bytes = field(repr=False)
    active: bool
    registered_at: datetime
    hint: str


@dataclass(frozen=True, slots=True)
class Anew:
    """A contact point and what it becomes."""

    row: Stored
    text: str = field(repr=False)
    sealed: bytes = field(repr=False)
    hash: bytes = field(repr=False)
    refused: str = ""  # why nothing can be sent there any more

    @property
    def place(self) -> tuple[object, ...]:
        return place_of(self.row, self.hash)


@dataclass(slots=True)
class Settled:
    """What a batch did."""

    seen: int = 0
    moved: int = 0
    merged: int = 0
    failed: list[int] = field(default_factory=list)  # ids that no key opens


def place_of(row: Stored, hash_: bytes) -> tuple[object, ...]:
    """Two contact points of one place are one."""
    if row.app_id is not None:
        return (row.app_id, hash_)
    return (row.recipient_id, row.channel, hash_)


def survivor(rows: Sequence[Stored]) -> Stored:
    """Returns the contact point of a place that stays when the others are merged into it."""
    of_person = rows[0].app_id is None
    return max(rows, key=lambda row: (of_person and row.active, row.registered_at, row.id))


def settle(ids: Sequence[int]) -> Settled:
    """In the caller's transaction."""
    if not ids:
        return Settled()
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, [array(ids)])
        people = {row[0]: (row[1], row[2]) for row in cursor.fetchall()}
        cursor.execute(POINTS, [array(ids), LOOKUP_VERSION])
        rows = [stored(row) for row in cursor.fetchall()]
    done = Settled(seen=len(rows))
    new = [anew for row in rows if (anew := _opened(row, people, done)) is not None]
    same = [anew for anew in new if anew.hash == anew.row.hash and not anew.sealed]
    moving = [anew for anew in new if anew not in same]
    _keep([anew.row.id for anew in same])
    _move(moving, done)
    return done


def renewed(row: Stored, key: bytes) -> Anew:
    """Raises Undecryptable."""
    text = addresses.unseal(key, row.recipient_id, row.hash, row.address)
    refused, sent = "", text
    try:
        sent = text if text.startswith("{") else addresses.normalise(row.channel, text)
    except addresses.InvalidAddress as error:
        refused = str(error)
    hash_ = addresses.hash_of(row.channel, sent)
    same = hash_ == row.hash and sent == text
    sealed = b"" if same else addresses.seal(key, row.recipient_id, hash_, sent)
    return Anew(row=row, text=sent, sealed=sealed, hash=hash_, refused=refused)


def _opened(row: Stored, people: dict[int, tuple[str, bytes | None]], done: Settled) -> Anew | None:
    external_id, wrapped = people.get(row.recipient_id, ("", None))
    try:
        return renewed(row, addresses.open_data_key(bytes(wrapped or b""), external_id))
    except Undecryptable:
        done.failed.append(row.id)
        return None


def stored(columns: Sequence[Any]) -> Stored:
    """A row of COLUMNS."""
    id_, recipient_id, channel, app_id, address, hash_, active, registered_at, hint = columns
    return Stored(
        id=id_,
        recipient_id=recipient_id,
        channel=channel,
        app_id=app_id,
        address=bytes(address),
        hash=bytes(hash_),
        active=active,
        registered_at=registered_at,
        hint=hint,
    )


def _keep(ids: Sequence[int]) -> None:
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(SAME, [LOOKUP_VERSION, array(ids)])


def _move(moving: Sequence[Anew], done: Settled) -> None:
    if not moving:
        return
    places: dict[tuple[object, ...], list[Stored]] = {}
    for row, hash_ in [*((a.row, a.hash) for a in moving), *_there(moving)]:
        rows = places.setdefault(place_of(row, hash_), [])
        if all(known.id != row.id for known in rows):
            rows.append(row)
    kept = {survivor(places[place]).id for place in {anew.place for anew in moving}}
    gone = [row.id for place in {a.place for a in moving} for row in places[place]]
    gone = [id_ for id_ in gone if id_ not in kept]
    _write([anew for anew in moving if anew.row.id in kept], gone)
    former = [(a.row.channel, a.row.hash, a.hash) for a in moving if a.row.hash != a.hash]
    suppressions.carry([suppressions.Former(*row) for row in former])
    _carry_strikes(former)
    done.moved += len(moving)
    done.merged += len(gone)


def _there(moving: Iterable[Anew]) -> list[tuple[Stored, bytes]]:
    wanted = sorted({(anew.hash, anew.row.channel) for anew in moving})
    hashes, channels = zip(*wanted, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(THERE, [bytea_array(hashes), array(channels)])
        return [(row, row.hash) for row in map(stored, cursor.fetchall())]


def _write(kept: Sequence[Anew], gone: Sequence[int]) -> None:
    columns = [
        array(anew.row.id for anew in kept),
        bytea_array([anew.sealed for anew in kept]),
        bytea_array([anew.hash for anew in kept]),
        quoted_array(addresses.mask(anew.row.channel, anew.text) for anew in kept),
        quoted_array(addresses.area(anew.row.channel, anew.text) for anew in kept),
    ]
    with connection.cursor() as cursor:
        cursor.execute(GONE, [array(gone)])
        cursor.execute(MOVE, [LOOKUP_VERSION, *columns])


def _carry_strikes(former: Sequence[tuple[str, bytes, bytes]]) -> None:
    if former:
        _, before, now = zip(*former, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(STRIKES, [bytea_array(before), bytea_array(now)])
