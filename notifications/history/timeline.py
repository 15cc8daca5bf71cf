"""What became of deliveries, in the order in which it happened: attempts, then what providers and
our own links said later."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from channels.base import EventKind
from notifications.models import Delivery, Event
from notifications.statuses import State
from notifyproj.core.api.former_names import Renamed, former_name
from notifyproj.core.ids import instant_of

MOST_EVENTS = 5_000  # in one answer

KINDS: dict[str, str] = {
    "retried": "sent again by hand",
    EventKind.BOUNCED_SOFT: "bounced for now",
    EventKind.BOUNCED_HARD: "bounced",
    EventKind.COMPLAINED: "called spam",
    EventKind.SUPPRESSED: "not sent by the provider",
}


class EventView(Renamed, kw_only=True):
    """An event after sending: reported by a provider, or an open or click of our own links.
    `is_bot`: caused by a scanner or a proxy, not by the recipient."""

    kind: str
    at: datetime
    account: str  # "" for our own links
    attempt: int | None
    code: str
    reason: str
    is_bot: bool  # a scanner or a proxy did it, not the person
    machine: Annotated[bool | UnsetType, former_name("is_bot")] = UNSET


class TimelineEntry(Struct):
    at: datetime
    event: str
    detail: str = ""


def events_of(rows: Sequence[Delivery], accounts: dict[int, str]) -> dict[UUID, list[EventView]]:
    """By delivery id, oldest first; one query for all of them."""
    found: dict[UUID, list[EventView]] = {}
    if not rows:
        return found
    ids = [row.pk for row in rows]
    events = Event.objects.filter(delivery_id__in=ids, delivery_id__range=(min(ids), max(ids)))
    for event in events.order_by("at", "received_at")[:MOST_EVENTS]:
        view = EventView(
            kind=event.kind,
            at=event.at,
            account=accounts.get(event.account_id or 0, ""),
            attempt=event.attempt,
            code=event.code,
            reason=event.reason,
            is_bot=event.machine,
        )
        found.setdefault(event.delivery_id, []).append(view)
    return found


def timeline(
    row: Delivery,
    tries: Iterable[tuple[datetime, int, str]],
    events: Iterable[EventView],
    reason_text: str,
) -> list[TimelineEntry]:
    """`tries`: (when, number, what became of it)."""
    entries = [TimelineEntry(instant_of(row.pk), "created")]
    entries += [TimelineEntry(at, f"attempt {number}", detail) for at, number, detail in tries]
    if row.settled_at is not None:
        entries.append(TimelineEntry(row.settled_at, State(row.state).label, reason_text))
    entries += [TimelineEntry(one.at, _text(one), one.reason or one.code) for one in events]
    return sorted(entries, key=lambda entry: entry.at)


def _text(event: EventView) -> str:
    words = KINDS.get(event.kind, event.kind)
    return f"{words} by a bot" if event.is_bot else words
