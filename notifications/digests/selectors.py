"""What became of messages that were collected."""

from collections.abc import Iterable
from datetime import UTC
from typing import NamedTuple
from uuid import UUID

from notifications.digests.models import Digest, DigestItem


class Pair(NamedTuple):
    notification_id: UUID
    recipient_id: int | None


def digests_of(pairs: Iterable[Pair]) -> dict[Pair, str]:
    """A sentence for each that is known; what went out more than a week ago no longer is."""
    wanted = {pair for pair in pairs if pair.recipient_id is not None}
    if not wanted:
        return {}
    rows = DigestItem.objects.filter(
        notification_id__in={pair.notification_id for pair in wanted},
        recipient_id__in={pair.recipient_id for pair in wanted},
    ).values_list("notification_id", "recipient_id", "digest_id")
    found = {Pair(*row[:2]): row[2] for row in rows}
    digests = Digest.objects.in_bulk(set(found.values()))
    return {
        pair: _text(digests[id_])
        for pair, id_ in found.items()
        if pair in wanted and id_ in digests
    }


def _text(digest: Digest) -> str:
    if digest.state == Digest.State.OPEN:
        return f"It goes out by {digest.closes_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC."
    if digest.notification_id is None:
        return "Nothing of it was left to send."
    return f"It went out with notification {digest.notification_id}."
