"""Which notifications went to one person, without an index on the deliveries: that one would cost
a tenth of the throughput, for a question asked a few times a day.

Listed audiences have an index of their own. A broadcast lists nobody, but the ids of its
deliveries are made of what they are: those of one person can be computed and looked up. What went
to an address that was removed since is found among the few deliveries of a small audience, and its
id then in the large ones as well.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import connection
from django.db.models import Q

from channels.base import Channel
from notifications.models import Delivery, Notification
from notifyproj.core.ids import delivery_id, milliseconds_of
from notifyproj.core.sqlarrays import array
from preferences.models import ContactPoint, Recipient

BROADCASTS = 200  # the newest ones looked at
FEW = 50  # people whose deliveries are looked through

# The deliveries of a notification share its millisecond; the outer bounds only prune. OFFSET 0
# makes the planner ask for each by the index: joined, 200 of them read every partition whole.
AMONG_FEW = """
SELECT d.id::text, d.channel, d.contact_point_id
FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[]) AS n (id, low, high)
CROSS JOIN LATERAL (
    SELECT id, channel, contact_point_id FROM delivery
    WHERE id BETWEEN n.low AND n.high AND notification_id = n.id
        AND recipient_id = %s AND id BETWEEN %s::uuid AND %s::uuid OFFSET 0
) d
"""


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
    """What became of these notifications for the person, by id."""
    few = [row.pk for row in rows if not row.everyone and len(row.recipient_ids) <= FEW]
    found = among_few(recipient_id, few)
    places = {*_places(recipient_id), *((channel, point) for _, channel, point in found if point)}
    ids = {id_ for id_, _, _ in found}
    ids.update(id_ for row in rows for id_ in ids_of(row.pk, recipient_id, places))
    return list(Delivery.objects.filter(pk__in=ids).order_by("pk"))


def among_few(recipient_id: int, pks: Sequence[UUID]) -> list[tuple[str, str, int | None]]:
    """(id, channel, contact point) of the person's deliveries of these small audiences."""
    if not pks:
        return []
    prefixes = [str(pk)[:13] for pk in pks]
    lows = [f"{prefix}-0000-0000-000000000000" for prefix in prefixes]
    highs = [f"{prefix}-ffff-ffff-ffffffffffff" for prefix in prefixes]
    columns = [array(pks), array(lows), array(highs)]
    with connection.cursor() as cursor:
        cursor.execute(AMONG_FEW, [*columns, recipient_id, min(lows), max(highs)])
        return list(cursor.fetchall())


def _broadcasts(recipient_id: int, before: UUID | None) -> list[UUID]:
    places = _places(recipient_id)
    rows = Notification.objects.filter(everyone=True).order_by("-id")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    newest = rows.values_list("pk", flat=True)[:BROADCASTS]
    ids = {id_: pk for pk in newest for id_ in ids_of(pk, recipient_id, places)}
    found = Delivery.objects.filter(pk__in=list(ids)).values_list("notification_id", flat=True)
    return list(found)


def _places(recipient_id: int) -> list[tuple[str, object]]:
    points = ContactPoint.objects.filter(recipient_id=recipient_id).values_list("channel", "pk")
    return [*points, *((channel.value, "") for channel in Channel)]


def ids_of(pk: UUID, recipient_id: int, places: Iterable[tuple[str, object]]) -> list[str]:
    """Those that the person's deliveries of this notification would have."""
    milliseconds = milliseconds_of(pk)
    return [
        delivery_id(milliseconds, str(pk), recipient_id, channel, point)
        for channel, point in places
    ]
