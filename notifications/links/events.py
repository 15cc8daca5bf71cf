"""What our links saw, as events like those of providers. The first open and the first click of
each link are events, once for people and once for bots; what comes again changes nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction

from channels.base import Event, EventKind
from notifications.callbacks.fold import process
from notifications.callbacks.fold.parse import Told, told_of
from notifications.variables import wipe
from notifyproj.core.clock import now


class Seen(NamedTuple):
    delivery_id: str
    kind: EventKind
    at: datetime
    bot: str = ""  # its code, if no person did it
    url: str = ""

    def told(self, received_at: datetime) -> Told:
        of = "machine" if self.bot else "person"
        event = Event(
            dedupe_key=f"link|{self.kind}|{of}|{self.url}",
            kind=self.kind,
            at=self.at,
            delivery_id=UUID(self.delivery_id),
            code=self.bot,
            is_bot=bool(self.bot),
        )
        return told_of(
            event, received_at=received_at, account_id=None, channel="", detail=self.detail()
        )

    def detail(self) -> str:
        """Where it led, without what may be about the person."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}{parts.path}"[:500] if self.url else ""


def write(seen: Sequence[Seen]) -> None:
    """In one transaction; without those of a day that the log has no more. Raises DatabaseError."""
    received_at = now()
    told = [one for item in seen if (one := item.told(received_at)).is_ours]
    if told:
        with transaction.atomic():
            changed = process.record(told)
        wipe((one.row.notification_id, one.row.type_id) for one in changed if one.is_move)
