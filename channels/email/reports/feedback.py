"""Complaints by a feedback loop (ARF: RFC 5965, RFC 6650), and by those that only send back the
message that somebody complained about."""

import re
from email.message import Message
from typing import NamedTuple
from uuid import UUID

from channels.addresses.signed import Bounce, Unsubscribe, peek
from channels.automatic_mail import header
from channels.base import EventKind
from channels.email.reports.mail import FEEDBACK, fields, parts, returned

# https://www.iana.org/assignments/marf-parameters; others are reports about us, not of a person.
TYPES = {
    "abuse": EventKind.COMPLAINED,
    "fraud": EventKind.COMPLAINED,
    "other": EventKind.COMPLAINED,
    "miscategorized": EventKind.COMPLAINED,
    "opt-out": EventKind.UNSUBSCRIBED,
    "opt-out-list": EventKind.UNSUBSCRIBED,
}
MAILTO = re.compile(r"<mailto:([^>?]{1,200})", re.IGNORECASE)
MESSAGE_ID = re.compile(r"<([0-9a-f-]{36})@", re.IGNORECASE)
SAME = ("original-mail-from", "return-path", "x-original-return-path", "errors-to")


class Complaint(NamedTuple):
    kind: EventKind  # UNKNOWN: of something else than a complaint
    code: str
    groups: list[Message]


class About(NamedTuple):
    delivery_id: UUID
    attempt: int | None


def read(mail: Message) -> Complaint | None:
    """Returns the complaint in a mail; None where it is no report of a feedback loop."""
    found = [part for part in parts(mail) if part.get_content_type() in FEEDBACK]
    groups = [group for part in found for group in fields(part)]
    if not groups:
        return None
    type_ = header(groups[0], "feedback-type", 60).lower().partition(" ")[0].strip(";")
    return Complaint(TYPES.get(type_, EventKind.UNKNOWN), type_[:64], groups)


def about(mail: Message, groups: list[Message]) -> About | None:
    """Which message of ours, by what it carried: a provider leaves some of it out."""
    original = returned(mail)
    sources = [*groups, original] if original is not None else groups
    for source in sources:
        for name in SAME:
            signed = peek(header(source, name))
            if isinstance(signed, Bounce):
                return About(signed.delivery_id, signed.attempt)
    return _by_headers(original) if original is not None else None


def message_id(original: Message | None) -> UUID | None:
    """The delivery a message of ours names in its Message-ID."""
    found = MESSAGE_ID.search(header(original, "message-id")) if original is not None else None
    try:
        return UUID(found[1]) if found else None
    except ValueError:
        return None


def _by_headers(original: Message) -> About | None:
    for address in MAILTO.findall(header(original, "list-unsubscribe", 2_000)):
        signed = peek(address)
        if isinstance(signed, Unsubscribe):
            return About(signed.delivery_id, None)
    named = message_id(original)
    return About(named, None) if named else None
