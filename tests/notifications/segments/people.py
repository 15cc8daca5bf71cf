"""People as the log, the callbacks and the uploads would have left them."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from itertools import count

from notifications.segments.models import Reaction, Received, SegmentMember
from preferences.models import ContactPoint, Recipient, Suppression
from tests.notifications.segments.evaluation import Someone

_numbers = count(1)
TYPE = 7


def people_store(people: Sequence[Someone], segment_id: int, at: datetime) -> list[int]:
    """Their ids, in their order."""
    rows = Recipient.objects.bulk_create(_row(who) for who in people)
    for row, who in zip(rows, people, strict=True):
        Recipient.objects.filter(pk=row.pk).update(created_at=who.created_at)
        ContactPoint.objects.bulk_create(
            _point(row, channel, channel in who.works, at) for channel in who.works | who.broken
        )
        Suppression.objects.bulk_create(
            Suppression(channel=channel, address_hash=_hash(row, channel), reason="asked")
            for channel in who.suppressed
        )
        Reaction.objects.bulk_create(
            Reaction(recipient_id=row.pk, kind=1, day=day, type_id=TYPE, n=n)
            for day, n in who.opened.items()
        )
        if who.received:
            Received.objects.create(recipient_id=row.pk, type_id=TYPE, last_on=who.received)
        if who.uploaded:
            SegmentMember.objects.create(segment_id=segment_id, recipient_id=row.pk, upload_id=1)
    return [row.pk for row in rows]


def _row(who: Someone) -> Recipient:
    name = f"someone-{next(_numbers)}"
    return Recipient(
        external_id=name, attributes=who.attributes, locale=who.locale, timezone=who.timezone
    )


def _point(row: Recipient, channel: str, active: bool, at: datetime) -> ContactPoint:
    return ContactPoint(
        recipient=row,
        channel=channel,
        address=b"sealed",
        address_hash=_hash(row, channel),
        hint="…",
        active=active,
        registered_at=at,
        last_seen_at=at,
    )


def _hash(row: Recipient, channel: str) -> bytes:
    return hashlib.sha256(f"{row.external_id} {channel}".encode()).digest()
