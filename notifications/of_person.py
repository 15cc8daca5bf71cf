"""Which notifications went to one person, without an index on the deliveries: that one would cost
a tenth of the throughput, for a question asked a few times a day.

Listed audiences have an index of their own. A broadcast lists nobody, but the ids of its
deliveries are made of what they are: those of one person can be computed and looked up.
"""

from collections.abc import Sequence
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


def deliveries_of(recipient_id: int, rows: Sequence[Notification]) -> list[Delivery]:
    """What became of these notifications for the person, by id; of addresses they still have."""
    places = _places(recipient_id)
    ids = [id_ for row in rows for id_ in _ids(row.pk, recipient_id, places)]
    return list(Delivery.objects.filter(pk__in=ids).order_by("pk"))


def _broadcasts(recipient_id: int, before: UUID | None) -> list[UUID]:
    places = _places(recipient_id)
    rows = Notification.objects.filter(everyone=True).order_by("-id")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    newest = rows.values_list("pk", flat=True)[:BROADCASTS]
    ids = {id_: pk for pk in newest for id_ in _ids(pk, recipient_id, places)}
    found = Delivery.objects.filter(pk__in=list(ids)).values_list("notification_id", flat=True)
    return list(found)


def _places(recipient_id: int) -> list[tuple[str, object]]:
    points = ContactPoint.objects.filter(recipient_id=recipient_id).values_list("channel", "pk")
    return [*points, *((channel.value, "") for channel in Channel)]


def _ids(pk: UUID, recipient_id: int, places: list[tuple[str, object]]) -> list[str]:
    milliseconds = milliseconds_of(pk)
    return [
        delivery_id(milliseconds, str(pk), recipient_id, channel, point)
        for channel, point in places
    ]
