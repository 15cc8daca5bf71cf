"""What leaves the inbox: JSON of an item, and the events of a recipient's stream."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from channels.inbox.models import InboxItem
from notifyproj.core.live import sse

NOTHING_YET = UUID(int=0)  # the last event id of an inbox that was empty


def topic(recipient_id: int) -> str:
    return f"inbox:{recipient_id}"


def item_json(
    *,
    item_id: UUID,
    title: str,
    body: str,
    link: str,
    data: Mapping[str, Any],
    created_at: datetime,
    read_at: datetime | None = None,
    archived_at: datetime | None = None,
) -> dict[str, Any]:
    return {
        "id": str(item_id),
        "title": title,
        "body": body,
        "link": link,
        "data": dict(data),
        "created_at": created_at.isoformat(),
        "read_at": read_at and read_at.isoformat(),
        "archived_at": archived_at and archived_at.isoformat(),
    }


def row_json(item: InboxItem) -> dict[str, Any]:
    return item_json(
        item_id=item.id,
        title=item.title,
        body=item.body,
        link=item.link,
        data=item.data,
        created_at=item.created_at,
        read_at=item.read_at,
        archived_at=item.archived_at,
    )


def item_event(item: dict[str, Any]) -> bytes:
    return sse.frame("item", item, item["id"])


def sent_by(service_id: int | None, event: bytes) -> bytes:
    """For the way through Redis: a comment in front says whose the event is."""
    return event if service_id is None else b":%d\n%b" % (service_id, event)


def sender_of(message: bytes) -> tuple[int | None, bytes]:
    """The service, if the message names one, and the event as it goes out."""
    if not message.startswith(b":"):
        return None, message
    service, _, event = message[1:].partition(b"\n")
    return (int(service), event) if service.isdigit() else (None, message)


def is_count(event: bytes) -> bool:
    return event.startswith(b"event: count\n")


def count_event(unread: int, last_id: str = "") -> bytes:
    """`last_id` gives the browser a place to resume from, even if no item came on this stream."""
    return sse.frame("count", {"unread": unread}, last_id)


def expired_event() -> bytes:
    return sse.frame("expired", {})
