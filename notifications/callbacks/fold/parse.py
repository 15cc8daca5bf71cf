"""Stored callbacks into what they say of our deliveries: parsed, keyed, and put into their day."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from channels.base import Event, InboundRequest
from notifications.callbacks.receive.accounts import Caller, callers
from notifications.callbacks.receive.store import NOBODY, Stored
from notifications.partitions import existing
from notifyproj.core.clock import Snapshot
from notifyproj.core.encryption import lookup_hash
from notifyproj.core.ids import instant_of, uuid7

log = logging.getLogger(__name__)

MOST_ATTEMPT = 32_767  # a smallint
CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Told:
    """An event about a delivery, or about none of ours."""

    event: Event
    id: str  # of the delivery; made of the day if there is none
    key: bytes
    at: datetime
    received_at: datetime
    attempt: int | None
    is_ours: bool  # it names a delivery; whether that exists is another question
    account_id: int | None = None  # None: our own links
    channel: str = ""
    callback_id: int = 0
    detail: str = field(default="", repr=False)


def _known_days() -> frozenset[date]:
    return frozenset(day for table, day in existing() if table == "event")


known_days = Snapshot(_known_days, seconds=30)


def read(rows: Sequence[Stored]) -> tuple[list[Told], list[int]]:
    """What they say, in their order, and which of them (ids) nobody can read. Those of no account
    are for `inbound_mail`."""
    told: list[Told] = []
    unreadable: list[int] = []
    by_id = callers.get().by_id
    for row in rows:
        if row.account_id == NOBODY:
            continue
        caller = by_id.get(row.account_id)
        try:
            if caller is None:
                raise LookupError
            told += _parse(row, caller)
        except Exception as error:  # an adapter's bug; its words may quote the callback
            problem = {"callback_id": row.id, "error": type(error).__name__}
            log.error("a callback cannot be read", extra=problem)
            unreadable.append(row.id)
    return told, unreadable


def request_of(row: Stored) -> InboundRequest:
    """Raises Undecryptable."""
    return InboundRequest("POST", row.url, row.header_map(), row.body())


def _parse(row: Stored, caller: Caller) -> list[Told]:
    account = caller.account
    events = caller.adapter.parse_events(request_of(row))
    return [
        told_of(
            event,
            received_at=row.received_at,
            account_id=account.id,
            channel=account.channel.value,
            callback_id=row.id,
        )
        for event in events
    ]


def told_of(
    event: Event,
    *,
    received_at: datetime,
    account_id: int | None,
    channel: str,
    callback_id: int = 0,
    detail: str = "",
) -> Told:
    """Returns an event with the delivery and the attempt that it is about, and the key it is kept
    by."""
    key = key_of(account_id, event.dedupe_key)
    attempt = event.attempt
    is_ours = event.delivery_id is not None and _has_day(event.delivery_id)
    return Told(
        event=event,
        id=str(event.delivery_id) if is_ours else str(_of_the_day(received_at, key)),
        key=key,
        at=_instant(event.at, received_at),
        received_at=received_at,
        attempt=attempt if attempt is not None and 0 < attempt <= MOST_ATTEMPT else None,
        is_ours=is_ours,
        account_id=account_id,
        channel=channel,
        callback_id=callback_id,
        detail=detail or ("" if is_ours else str(event.delivery_id or "")),
    )


def key_of(account_id: int | None, dedupe_key: str) -> bytes:
    """Keyed: some providers' events are told apart by the address alone."""
    name = f"{account_id}|{dedupe_key}".encode(errors="replace").decode()
    return lookup_hash("event", name)[:16]


def _has_day(id_: UUID) -> bool:
    """Whether the log still has the day of this id; any UUID may come, also one of no day."""
    try:
        return id_.version == 7 and instant_of(id_).date() in known_days.get()
    except (ValueError, OverflowError, OSError):
        return False


def _of_the_day(received_at: datetime, key: bytes) -> UUID:
    """The same for the same event, so that it is kept once."""
    midnight = datetime.combine(received_at.astimezone(UTC).date(), time.min, UTC)
    return uuid7(int(midnight.timestamp() * 1000), key)


def _instant(at: datetime | None, received_at: datetime) -> datetime:
    """Providers' clocks may be wrong, and some send local times."""
    if at is None or at.tzinfo is None or at > received_at + CLOCKS_DIFFER:
        return received_at
    return at
