"""`List-Unsubscribe` by mail (RFC 2369): a mail to a message's signed address says no to its type
on that channel, as one click does. The address is all the authority there is."""

import logging
from collections.abc import Sequence
from email.parser import BytesHeaderParser
from urllib.parse import unquote
from uuid import UUID

from channels.addresses.signed import Unsubscribe, peek
from channels.automatic_mail import is_reply
from channels.base import Channel, Event, EventKind
from notifications.callbacks.fold.parse import Told, told_of
from notifications.callbacks.receive.store import NOBODY, Stored
from notifications.inbound_mail.received import SCHEME
from notifications.models import Delivery
from notifyproj.core.encryption import Undecryptable
from preferences.consent.choices import About, Choice, Proof, choices_set
from preferences.models import NotificationType, Recipient
from preferences.suppressions import suppressions

log = logging.getLogger(__name__)

MOST_HEAD = 64 * 1024  # bytes of headers that are looked at
SOURCE = "unsubscribe_mail"
# As of the link in the same message: by both ways it is counted once.
DEDUPE_KEY = f"link|{EventKind.UNSUBSCRIBED}|person|"


def withdrawn(rows: Sequence[Stored]) -> list[Told]:
    """What changed by those of `rows` that ask for it, which is done; in the caller's
    transaction."""
    asked = [(row, to) for row in rows if (to := _asked(row)) is not None]
    if not asked:
        return []
    people, types = _existing([to for _, to in asked])
    hashes = _address_hashes([to for _, to in asked])
    wanted = {
        About(to.recipient_id, to.type_id, None, Channel.EMAIL): (row, to)
        for row, to in asked
        if to.recipient_id in people and to.type_id in types
    }
    changed = choices_set(
        [
            Choice(about, False, _proof(row, to, hashes.get(to.delivery_id)))
            for about, (row, to) in wanted.items()
        ]
    )
    return [_told(*found) for about, found in wanted.items() if about in changed]


def _asked(row: Stored) -> Unsubscribe | None:
    if row.account_id != NOBODY:
        return None
    to = peek(unquote(row.url.removeprefix(SCHEME)))
    try:
        is_by_hand = isinstance(to, Unsubscribe) and not _is_automatic(row)
    except (Undecryptable, ValueError) as error:
        problem = {"callback_id": row.id, "error": type(error).__name__}
        log.error("a mail to unsubscribe cannot be read", extra=problem)
        return None
    return to if is_by_hand and isinstance(to, Unsubscribe) else None


def _is_automatic(row: Stored) -> bool:
    """A bounce, or an answer that a program gave: nobody asked for anything."""
    head = row.body()[:MOST_HEAD].partition(b"\r\n\r\n")[0].partition(b"\n\n")[0]
    mail = BytesHeaderParser().parsebytes(head + b"\n\n")
    sender = row.header_map().get("return-path", "").strip("<>")
    return (
        not sender or is_reply(mail) or "report-type" in str(mail.get("content-type", "")).lower()
    )


def _proof(row: Stored, asked: Unsubscribe, address_hash: bytes | None) -> Proof:
    evidence = {"delivery_id": str(asked.delivery_id)}
    return Proof(source=SOURCE, at=row.received_at, evidence=evidence, address_hash=address_hash)


def _told(row: Stored, asked: Unsubscribe) -> Told:
    event = Event(DEDUPE_KEY, EventKind.UNSUBSCRIBED, row.received_at, asked.delivery_id)
    return told_of(
        event, received_at=row.received_at, account_id=None, channel="", callback_id=row.id
    )


def _existing(asked: Sequence[Unsubscribe]) -> tuple[set[int], set[int]]:
    """(people, types) that were not removed since."""
    people = Recipient.objects.filter(pk__in={to.recipient_id for to in asked})
    types = NotificationType.objects.filter(pk__in={to.type_id for to in asked})
    return set(people.values_list("pk", flat=True)), set(types.values_list("pk", flat=True))


def _address_hashes(asked: Sequence[Unsubscribe]) -> dict[UUID, bytes]:
    """Of the addresses that the messages went to, while the log has them."""
    deliveries = Delivery.objects.filter(pk__in={to.delivery_id for to in asked})
    points = dict(deliveries.values_list("pk", "contact_point_id"))
    hashes = suppressions.hashes_of([id_ for id_ in points.values() if id_ is not None])
    return {id_: hashes[point] for id_, point in points.items() if point in hashes}
