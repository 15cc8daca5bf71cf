"""Ids of the log: UUIDv7 layout (RFC 9562 §5.7), so they sort by time and partitions prune."""

import hashlib
import os
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

DAY_MS = 86_400_000
EPOCH = date(1970, 1, 1)

VERSION_7 = 0x7 << 76
VARIANT = 0x2 << 62
RANDOM_A = ((1 << 12) - 1) << 64
RANDOM_B = (1 << 62) - 1


def uuid7(milliseconds: int, seed: bytes | None = None) -> UUID:
    """A UUIDv7 of that millisecond; its other 74 bits are random, or the first of `seed`."""
    noise = int.from_bytes((seed or os.urandom(10))[:10], "big")
    return UUID(int=_layout(milliseconds, noise))


def delivery_id(
    milliseconds: int, parent: str, recipient: object, channel: str, contact_point: object
) -> str:
    """The id of a delivery, the same however often its chunk is resolved.

    `milliseconds` are those of the notification (of the wave, for campaigns). Returns text, as
    the bulk statements take it.
    """
    name = f"{parent}|{recipient}|{channel}|{contact_point}".encode()
    return _text(milliseconds, hashlib.sha256(name).hexdigest())


def milliseconds_of(id_: UUID) -> int:
    """Returns the milliseconds since 1970 in a UUIDv7."""
    return id_.int >> 80


def milliseconds_in(text: str) -> int:
    """The same of an id in its text form, as the bulk statements have it."""
    return int(text[:8] + text[9:13], 16)


def day_in(text: str) -> int:
    """Days since 1970: which partition an id belongs to."""
    return milliseconds_in(text) // DAY_MS


def instant_of(id_: UUID) -> datetime:
    """Returns the time in a UUIDv7, to the millisecond."""
    return datetime.fromtimestamp(milliseconds_of(id_) / 1000, UTC)


def first_of(instant: datetime) -> UUID:
    """The smallest id of that instant; no id is older than 1970."""
    return UUID(int=max(0, int(instant.timestamp() * 1000)) << 80)


def day_start(day: date) -> UUID:
    """The smallest UUIDv7 of a day: the bound of its partition."""
    midnight = datetime.combine(day, time.min, UTC)
    return UUID(int=int(midnight.timestamp() * 1000) << 80)


def partition(table: str, day: date) -> str:
    """The name of a table's partition."""
    return f"{table}_{day:%Y%m%d}"


def partition_of(table: str, id_: str) -> str:
    """The partition an id belongs to, to name it in a statement: planning for the whole table
    with five hundred ids costs a millisecond, for one partition a tenth of that."""
    return partition(table, EPOCH + timedelta(days=day_in(id_)))


def _text(milliseconds: int, noise: str) -> str:
    """`_layout` of 80 bits in hex, as text: a third of the cost, and it is made for every row."""
    middle = int(noise[1:5], 16)
    return (
        f"{milliseconds >> 16:08x}-{milliseconds & 0xFFFF:04x}-7{middle >> 2 & 0xFFF:03x}"
        f"-{'89ab'[middle & 3]}{noise[5:8]}-{noise[8:20]}"
    )


def _layout(milliseconds: int, noise: int) -> int:
    return (milliseconds << 80) | VERSION_7 | (noise << 2 & RANDOM_A) | VARIANT | (noise & RANDOM_B)
