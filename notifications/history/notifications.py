"""What happened to notifications: read for the API and the admin."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from msgspec import Struct

from channels.base import Lane
from notifications.history.by_person import to_recipient
from notifications.history.deliveries import DeliveryView, delivery_views
from notifications.history.status import status_of, statuses_of, with_status
from notifications.models import Delivery, Notification
from notifications.services.cancel import siblings
from notifications.statuses import NotificationStatus, State
from notifyproj.core.ids import first_of, instant_of
from preferences.facts.types import PRIORITY_OF, catalogue
from templates.models import TemplateVersion

MOST_DELIVERIES = 1_000  # of one notification in one answer


class NotificationSummary(Struct):
    """`status`: `processing` while something may still be sent, then `completed`."""

    id: str
    status: NotificationStatus
    type: str
    template: str
    priority: str
    channels: list[str]
    recipients: int | None  # None: everybody
    created_at: datetime
    scheduled_at: datetime | None
    expires_at: datetime
    cancelled_at: datetime | None
    metadata: dict[str, Any]


class NotificationView(NotificationSummary):
    by_status: dict[str, int]
    deliveries: list[DeliveryView]
    next_cursor: str = ""  # for the deliveries after these


class NotificationPage(Struct):
    notifications: list[NotificationSummary]
    next_cursor: str = ""


def notification_get(
    notification_id: UUID, service_id: int | None, after: UUID | None = None
) -> NotificationView | None:
    """One notification with up to `MOST_DELIVERIES` deliveries; None when it is not theirs."""
    rows = Notification.objects.filter(pk=notification_id)
    if service_id is not None:
        rows = rows.filter(service_id=service_id)
    row = rows.first()
    if row is None:
        return None
    found = list(_deliveries(row, after)[: MOST_DELIVERIES + 1])
    page = found[:MOST_DELIVERIES]
    by_status = _by_status(row)
    is_open = any(by_status.get(label) for label in OPEN_LABELS)
    summary = _summary(row, _versions([row]), status_of(row, is_open=is_open))
    return NotificationView(
        **{name: getattr(summary, name) for name in summary.__struct_fields__},
        by_status=by_status,
        deliveries=delivery_views(page),
        next_cursor=str(page[-1].pk) if len(found) > len(page) else "",
    )


OPEN_LABELS = (State.WAITING.label, State.LEASED.label, State.AWAITING.label)


def notifications_list(
    *,
    service_id: int | None,
    before: UUID | None,
    limit: int,
    type_slug: str = "",
    status: str = "",
    user_id: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Notification]:
    """Newest first; ids sort by time, so dates are bounds of ids."""
    rows = Notification.objects.order_by("-id")
    if service_id is not None:
        rows = rows.filter(service_id=service_id)
    if before is not None:
        rows = rows.filter(id__lt=before)
    rows = rows.filter(_within(since, until))
    if type_slug:
        known = {value.slug: value.id for value in catalogue.get().by_id.values()}
        rows = rows.filter(type_id=known.get(type_slug, 0))
    if status:
        rows = rows.filter(with_status(status))
    if user_id:
        rows = rows.filter(to_recipient(user_id, before))
    return list(rows[:limit])


def summaries(rows: Sequence[Notification]) -> list[NotificationSummary]:
    """Returns notifications as the list shows them, with their current status."""
    versions, statuses = _versions(rows), statuses_of(rows)
    return [_summary(row, versions, statuses[row.pk]) for row in rows]


def _within(since: datetime | None, until: datetime | None) -> Q:
    found = Q()
    if since is not None:
        found &= Q(id__gte=first_of(since))
    if until is not None:
        found &= Q(id__lt=first_of(until))
    return found


def _deliveries(row: Notification, after: UUID | None) -> Any:
    low, high = siblings(str(row.pk))
    rows = Delivery.objects.filter(notification_id=row.pk, id__range=(low, high)).order_by("id")
    return rows.filter(id__gt=after) if after else rows


def _by_status(row: Notification) -> dict[str, int]:
    low, high = siblings(str(row.pk))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, count(*) FROM delivery WHERE notification_id = %s"
            " AND id BETWEEN %s::uuid AND %s::uuid GROUP BY state",
            [str(row.pk), low, high],
        )
        return {State(state).label: n for state, n in cursor.fetchall()}


def _versions(rows: Sequence[Notification]) -> dict[int, str]:
    found = TemplateVersion.objects.select_related("template").filter(
        pk__in={row.template_version_id for row in rows}
    )
    return {version.pk: str(version) for version in found}


def _summary(
    row: Notification, versions: dict[int, str], status: NotificationStatus
) -> NotificationSummary:
    type_ = catalogue.get().by_id.get(row.type_id)
    return NotificationSummary(
        id=str(row.pk),
        status=status,
        type=type_.slug if type_ else "",
        template=versions.get(row.template_version_id, ""),
        priority=PRIORITY_OF[Lane(row.lane)],
        channels=list(row.channels),
        recipients=(None if row.everyone else len(row.recipient_ids) + len(row.unknown_recipients)),
        created_at=instant_of(row.pk),
        scheduled_at=row.scheduled_at,
        expires_at=row.expires_at,
        cancelled_at=row.cancelled_at,
        metadata=row.metadata,
    )
