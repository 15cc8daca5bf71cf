"""The status of a notification, in the words of the API.

The row says how far its audience was resolved. Whether a resolved one is still processing, its
deliveries say: one more column would have to be written for every notification that ends.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from notifications.models import Delivery, Notification
from notifications.services.cancel import siblings
from notifications.statuses import OPEN, NotificationState, NotificationStatus
from notifyproj.core.api.query_params import read_choice
from notifyproj.core.sqlarrays import array

PROCESSING, COMPLETED = NotificationStatus.PROCESSING, NotificationStatus.COMPLETED
FORMER_STATUSES = {
    "resolved": (PROCESSING, COMPLETED),
    "sending": (PROCESSING,),
    "done": (COMPLETED,),
}
# By the key of the deliveries, one notification after the other, up to the first open one.
OPEN_ONES = """
SELECT n.id FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[]) AS n (id, low, high)
WHERE EXISTS (
    SELECT FROM delivery d WHERE d.notification_id = n.id AND d.id BETWEEN n.low AND n.high
    AND d.state = ANY(%s)
)
"""


def status_of(row: Notification, *, is_open: bool) -> NotificationStatus:
    """`is_open`: a delivery of it may still be sent."""
    if row.state == NotificationState.RESOLVED:
        return PROCESSING if is_open else COMPLETED
    return NotificationStatus(NotificationState(row.state).label)


def statuses_of(rows: Sequence[Notification]) -> dict[UUID, NotificationStatus]:
    """Returns the status of each notification, with one query for those that may be open."""
    still_open = _open_ones([row.pk for row in rows if row.state == NotificationState.RESOLVED])
    return {row.pk: status_of(row, is_open=row.pk in still_open) for row in rows}


def read_status(text: str | None) -> str:
    """A status to filter by, "" for none. Raises InvalidFields."""
    former = text if text in FORMER_STATUSES else ""
    return former or read_choice("status", text, NotificationStatus)


def with_status(status: str) -> Q:
    """Notifications of this status. Former words are accepted: see docs/api-changes.md."""
    found = Q()
    for each in FORMER_STATUSES.get(status) or (NotificationStatus(status),):
        found |= _with(each)
    return found


def _with(status: NotificationStatus) -> Q:
    if status not in (PROCESSING, COMPLETED):
        state = next(s for s in NotificationState if s.label == status)
        return Q(state=state)
    is_open = Q(pk__in=_open_deliveries().values("notification_id"))
    return Q(state=NotificationState.RESOLVED) & (is_open if status == PROCESSING else ~is_open)


def _open_deliveries() -> QuerySet[Delivery]:
    """Found by the index of what is due: as many rows as wait, however many there were."""
    return Delivery.objects.filter(due_at__isnull=False, state__in=OPEN)


def _open_ones(ids: Sequence[UUID]) -> set[UUID]:
    if not ids:
        return set()
    lows, highs = zip(*(siblings(str(id_)) for id_ in ids), strict=True)
    states = [state.value for state in OPEN]
    with connection.cursor() as cursor:
        cursor.execute(OPEN_ONES, [array(ids), array(lows), array(highs), states])
        return {id_ for (id_,) in cursor.fetchall()}
