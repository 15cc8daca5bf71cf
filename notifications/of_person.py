"""Which notifications went to one person, without an index on the deliveries: that one would cost
a tenth of the throughput, for a question asked a few times a day.

Listed audiences have an index of their own. A broadcast lists nobody, but the ids of its
deliveries are made of what they are: those of one person can be computed and looked up.
"""

from uuid import UUID

from django.db.models import Q

from channels.base import Channel
from notifications.models import Delivery, Notification
from notifyproj.core.ids import delivery_id, milliseconds_of
from preferences.models import ContactPoint, Recipient

BROADCASTS = 200  # the newest ones looked at


def to_recipient(user_id: str, before: UUID | None) -> Q:
    """Of a broadcast, only what went to contact points the person still has."""
    recipient_id = (
        Recipient.objects.filter(external_id=user_id).values_list("pk", flat=True).first()
    )
    if recipient_id is None:
        return Q(pk__in=[])
    listed = Q(recipient_ids__contains=[recipient_id])
    return listed | Q(pk__in=_broadcasts(recipient_id, before))


def _broadcasts(recipient_id: int, before: UUID | None) -> list[UUID]:
    points = ContactPoint.objects.filter(recipient_id=recipient_id).values_list("channel", "pk")
    places: list[tuple[str, object]] = [*points, *((channel.value, "") for channel in Channel)]
    rows = Notification.objects.filter(everyone=True).order_by("-id")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    ids = {
        delivery_id(milliseconds_of(pk), str(pk), recipient_id, channel, point): pk
        for pk in rows.values_list("pk", flat=True)[:BROADCASTS]
        for channel, point in places
    }
    found = Delivery.objects.filter(pk__in=list(ids)).values_list("notification_id", flat=True)
    return list(found)
