"""Everything that reads the inbox, each by one index and of bounded cost."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from channels.inbox.models import InboxItem

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST = 100  # items a page, unread counted, items replayed
# An arrival is the start of its transaction: one that commits late appears behind newer ones.
OVERLAP = timedelta(seconds=2)


class InvalidCursor(ValueError):
    """Not a cursor of ours."""


@dataclass(frozen=True, slots=True)
class Page:
    items: list[InboxItem]
    next: str | None  # cursor of the page after it; None: this was the last


def items_of(recipient_id: int, service_id: int | None = None) -> QuerySet[InboxItem]:
    """Of the person's whole inbox; with a service, what it sent, and what is nobody's: that of
    before services were noted, and tests from the admin."""
    items = InboxItem.objects.filter(recipient_id=recipient_id)
    if service_id is None:
        return items
    return items.filter(Q(service_id=service_id) | Q(service_id=None))


def list_items(
    recipient_id: int,
    *,
    before: str = "",
    limit: int = 20,
    unread: bool = False,
    archived: bool = False,
    service_id: int | None = None,
) -> Page:
    """A page, newest first; `before` is the cursor of an earlier page. Raises InvalidCursor."""
    items = items_of(recipient_id, service_id)
    if not archived:
        items = items.filter(archived_at=None)
    if unread:
        items = items.filter(read_at=None)
    if before:
        items = items.filter(_older_than(*_parse(before)))
    limit = min(limit, MOST)
    found = list(_newest_first(items)[: limit + 1])
    page = found[:limit]
    return Page(page, _cursor(page[-1]) if len(found) > limit else None)


def unread_count(recipient_id: int, service_id: int | None = None) -> int:
    """At most MOST: read that as "99+"."""
    return _unread(recipient_id, service_id)[:MOST].count()


def unread_ids(recipient_id: int, service_id: int | None = None) -> set[UUID]:
    """Of those that `unread_count` counts."""
    return set(_unread(recipient_id, service_id).values_list("id", flat=True)[:MOST])


def exists(recipient_id: int, item_id: UUID, service_id: int | None = None) -> bool:
    return items_of(recipient_id, service_id).filter(id=item_id).exists()


def newest_id(recipient_id: int, service_id: int | None = None) -> UUID | None:
    items = items_of(recipient_id, service_id)
    return _newest_first(items).values_list("id", flat=True).first()


def items_since(recipient_id: int, last_id: UUID, service_id: int | None = None) -> list[InboxItem]:
    """What arrived after that item, oldest first, at most the newest MOST of it.

    May repeat items of the last seconds before it. After an item nobody knows (any more), all.
    """
    mine = items_of(recipient_id, service_id)
    items, last = mine.filter(archived_at=None), mine.filter(id=last_id).first()
    if last is not None:
        items = items.filter(created_at__gte=last.created_at - OVERLAP).exclude(id=last_id)
    return list(_newest_first(items)[:MOST])[::-1]


def no_later_than(mine: QuerySet[InboxItem], item_id: UUID) -> Q:
    """Returns the condition for items up to this one; for none where it is not one of `mine`."""
    item = mine.filter(id=item_id).first()
    if item is None:
        return Q(pk__in=[])
    return _older_than(item.created_at, item.id) | Q(id=item.id)


def _older_than(created_at: datetime, item_id: UUID) -> Q:
    # The first condition is implied by the second; the index needs it.
    older = Q(created_at__lt=created_at) | Q(created_at=created_at, id__lt=item_id)
    return Q(created_at__lte=created_at) & older


def _unread(recipient_id: int, service_id: int | None) -> QuerySet[InboxItem]:
    return items_of(recipient_id, service_id).filter(read_at=None, archived_at=None)


def _newest_first(items: QuerySet[InboxItem]) -> QuerySet[InboxItem]:
    return items.order_by("-created_at", "-id")


def _cursor(item: InboxItem) -> str:
    return f"{(item.created_at - EPOCH) // timedelta(microseconds=1)}-{item.id.hex}"


def _parse(cursor: str) -> tuple[datetime, UUID]:
    microseconds, _, hex_id = cursor.partition("-")
    try:
        return EPOCH + timedelta(microseconds=int(microseconds)), UUID(hex=hex_id)
    except (ValueError, OverflowError) as error:
        raise InvalidCursor("`before` must be the `next_cursor` of the previous page.") from error
