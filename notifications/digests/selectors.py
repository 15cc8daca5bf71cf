"""What became of a message that was collected."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from notifications.digests.models import Digest, DigestItem


class Whereabouts(NamedTuple):
    """`notification_id`: what it went out with; None while it waits, or if nothing went out."""

    closes_at: datetime
    closed: bool
    notification_id: UUID | None


def digest_of(notification_id: UUID, recipient_id: int) -> Whereabouts | None:
    """None: it was not collected, or that is more than a week ago."""
    item = DigestItem.objects.filter(notification_id=notification_id, recipient_id=recipient_id)
    digest_id = item.values_list("digest_id", flat=True).first()
    found = Digest.objects.filter(pk=digest_id).first() if digest_id else None
    if found is None:
        return None
    closed = found.state == Digest.State.CLOSED
    return Whereabouts(found.closes_at, closed, found.notification_id)
