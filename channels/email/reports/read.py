"""A mail to one of our signed addresses, as the events it tells. Pure.

The address it came to was proven when it was taken in; what is in the mail may be anybody's words.
"""

from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from urllib.parse import unquote

from channels.addresses.signed import Bounce, Feedback, peek
from channels.automatic_mail import header, is_reply
from channels.base import Event, EventKind, InboundRequest
from channels.email.events import REASONS, digest
from channels.email.reports import feedback, status_notification, text_bounce
from channels.email.reports.bounce_codes import Meaning
from channels.email.reports.feedback import About, Complaint
from channels.email.reports.mail import parsed, returned

SCHEME = "mailto:"


def events(request: InboundRequest) -> list[Event]:
    """Of a mail as `request`: `url` is the address it came to, `return-path` its sender."""
    to = peek(unquote(request.url.removeprefix(SCHEME)))
    mail = parsed(request.body)
    sender = request.headers.get("return-path", "")
    if isinstance(to, Bounce):
        return _of_bounce(to, mail, sender)
    if isinstance(to, Feedback):
        return _of_feedback(mail)
    return []


def _of_bounce(to: Bounce, mail: Message, sender: str) -> list[Event]:
    """Nothing for what is about another message than the address says."""
    original = feedback.message_id(returned(mail))
    if original is not None and original != to.delivery_id:
        return []
    about = About(to.delivery_id, to.attempt or None)
    if complaint := feedback.read(mail):
        return _complaint(about, complaint, mail)
    found = status_notification.read(mail) or text_bounce.read(mail, sender)
    return [] if found is None else [_event(about, found, mail)]


def _of_feedback(mail: Message) -> list[Event]:
    complaint = feedback.read(mail)
    if complaint is None:  # some send back the message, and that is all
        if is_reply(mail) or returned(mail) is None or status_notification.read(mail):
            return []
        complaint = Complaint(EventKind.COMPLAINED, "", [])
    about = feedback.about(mail, complaint.groups)
    return _complaint(about, complaint, mail) if about else []


def _complaint(about: About, complaint: Complaint, mail: Message) -> list[Event]:
    if complaint.kind is EventKind.UNKNOWN:
        return []  # not-spam, a virus, a failed signature
    reason = REASONS.get(complaint.kind, "")
    return [_event(about, Meaning(complaint.kind, reason, complaint.code), mail)]


def _event(about: About, found: Meaning, mail: Message) -> Event:
    """One of a kind for each attempt: the same report comes again when a connection broke, and a
    server that goes on trying says so every day."""
    kind = found.kind
    tried = 0 if kind in (EventKind.COMPLAINED, EventKind.UNSUBSCRIBED) else about.attempt
    return Event(
        dedupe_key=f"mail:{digest(about.delivery_id, tried, kind)}",
        kind=kind,
        at=_at(mail),
        delivery_id=about.delivery_id,
        attempt=about.attempt,
        reason=found.reason,
        code=found.code,
    )


def _at(mail: Message) -> datetime | None:
    try:
        found = parsedate_to_datetime(header(mail, "date", 100))
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        return None
