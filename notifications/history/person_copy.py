"""The last messages of a person, for the copy of their data: what, when, by what, and why."""

from datetime import datetime
from typing import Any

from notifications.history.by_person import deliveries_of, to_recipient
from notifications.links import our_urls as ours
from notifications.models import Delivery, Notification
from notifications.statuses import State
from notifyproj.core.ids import instant_of
from preferences.centre.state import State as Page
from preferences.models import ContactPoint, NotificationType

MOST = 100  # requests looked at, the newest


def messages_of(page: Page, link_made_at: datetime) -> list[dict[str, Any]]:
    """Newest first. A link to why is as old as the one it is shown behind."""
    asked = Notification.objects.filter(to_recipient(page.recipient.external_id, None))
    rows = deliveries_of(page.recipient.pk, list(asked.order_by("-id")[:MOST]))
    names = dict(
        NotificationType.objects.filter(pk__in={row.type_id for row in rows}).values_list(
            "pk", "name"
        )
    )
    hints = dict(ContactPoint.objects.filter(recipient=page.recipient).values_list("pk", "hint"))
    return [_message(row, names, hints, link_made_at) for row in reversed(rows)]


def _message(
    row: Delivery, names: dict[int, str], hints: dict[int, str], link_made_at: datetime
) -> dict[str, Any]:
    return {
        "at": row.settled_at or instant_of(row.pk),
        "kind": names.get(row.type_id, ""),
        "channel": row.channel,
        "address": hints.get(row.contact_point_id or 0, ""),
        "status": State(row.state).label,
        "why": ours.why_url(str(row.pk), link_made_at),
    }
