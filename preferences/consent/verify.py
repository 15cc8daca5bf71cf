"""What people want now, worked out from the record of consent alone, beside what is stored. The
two are the same, or something wrote without a proof.

The order of the record is that of its ids: each writer changes the choice first, which locks it.
"""

from collections.abc import Iterator
from typing import NamedTuple

from django.db import connection
from django.db.models import Max

from preferences.models import Recipient

STRIDE = 20_000  # people at a time

# A type or category that was removed took its choices with it, and they are asked for no more.
CHOICES = """
WITH said AS (
    SELECT DISTINCT ON (recipient_id, type_id, category_id, channel)
           recipient_id, type_id, category_id, channel, action
    FROM consent_event e
    WHERE recipient_id > %(after)s AND recipient_id <= %(until)s AND about = 'choice'
      AND (type_id IS NULL OR EXISTS (SELECT FROM notification_type t WHERE t.id = e.type_id))
      AND (category_id IS NULL OR EXISTS (SELECT FROM category c WHERE c.id = e.category_id))
    ORDER BY recipient_id, type_id, category_id, channel, id DESC
), derived AS (
    SELECT recipient_id, coalesce(type_id, 0) AS type_id, coalesce(category_id, 0) AS category_id,
           channel, action = 'granted' AS enabled
    FROM said WHERE action <> 'cleared'
), stored AS (
    SELECT recipient_id, coalesce(type_id, 0) AS type_id, coalesce(category_id, 0) AS category_id,
           channel, enabled
    FROM preference WHERE recipient_id > %(after)s AND recipient_id <= %(until)s
), wrong AS (
    SELECT recipient_id, type_id, category_id, channel, d.enabled AS said, s.enabled AS stored
    FROM derived d FULL JOIN stored s USING (recipient_id, type_id, category_id, channel)
    WHERE d.enabled IS DISTINCT FROM s.enabled
)
SELECT r.external_id, coalesce(t.slug, ''), coalesce(c.slug, ''), w.channel, w.said, w.stored
FROM wrong w JOIN recipient r ON r.id = w.recipient_id
LEFT JOIN notification_type t ON t.id = w.type_id
LEFT JOIN category c ON c.id = w.category_id
ORDER BY w.recipient_id, w.type_id, w.category_id, w.channel
"""
# An address that somebody took back, and nobody gave again, is suppressed.
ADDRESSES = """
SELECT channel, address_hash FROM (
    SELECT DISTINCT ON (channel, address_hash) channel, address_hash, action
    FROM consent_event WHERE about = 'address' AND address_hash IS NOT NULL
    ORDER BY channel, address_hash, id DESC
) last
WHERE action = 'withdrawn' AND NOT EXISTS (
    SELECT FROM suppression s
    WHERE s.channel = last.channel AND s.address_hash = last.address_hash)
"""
HASH_SHOWN = 8  # bytes


class Difference(NamedTuple):
    """`said`: by the record; `stored`: the choice there is. None: nothing."""

    external_id: str
    type: str
    category: str
    channel: str
    said: bool | None
    stored: bool | None

    def __str__(self) -> str:
        scope = f"type {self.type}" if self.type else f"category {self.category}"
        about = scope if self.type or self.category else "everything"
        said, stored = WORDS[self.said], WORDS[self.stored]
        by = self.channel or "every channel"
        return f"{self.external_id}: {about} by {by}: the record says {said}, stored is {stored}"


WORDS = {True: "yes", False: "no", None: "nothing"}


def differences() -> Iterator[Difference]:
    """A range of people at a time, each as of one instant."""
    last = Recipient.objects.aggregate(last=Max("pk"))["last"] or 0
    for after in range(0, last, STRIDE):
        with connection.cursor() as cursor:
            cursor.execute(CHOICES, {"after": after, "until": after + STRIDE})
            yield from map(Difference._make, cursor.fetchall())


def addresses_sent_to() -> list[str]:
    """Addresses that were taken back and that nothing holds back, by the start of their hash."""
    with connection.cursor() as cursor:
        cursor.execute(ADDRESSES)
        rows = cursor.fetchall()
    return [f"{channel} {bytes(hash_)[:HASH_SHOWN].hex()}…: taken back" for channel, hash_ in rows]
