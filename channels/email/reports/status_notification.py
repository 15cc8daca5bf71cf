"""Delivery status notifications (RFC 3464, RFC 6533): what became of a message, for programs."""

from email.message import Message

from channels.automatic_mail import header
from channels.base import EventKind
from channels.email.reports.bounce_codes import DEFERRED, DELAYED, Meaning, meaning
from channels.email.reports.mail import STATUS, fields, parts

MOST_SAID = 2_000  # characters
WORST = ("failed", "delayed", "delivered", "relayed", "expanded")
ARRIVED = {"delivered": EventKind.DELIVERED, "relayed": EventKind.SENT, "expanded": EventKind.SENT}


def read(mail: Message) -> Meaning | None:
    """What it says of the one recipient we sent to: where a list has many, the worst. None: it is
    no such notification."""
    found = [group for part in parts(mail) if _is_status(part) for group in fields(part)]
    told = [(_action(group), group) for group in found if _action(group)]
    if not told:
        return None
    action, group = min(told, key=lambda one: WORST.index(one[0]))
    status = header(group, "status", 100)
    said = header(group, "diagnostic-code", MOST_SAID).removeprefix("smtp;").strip()
    if action == "failed":
        return meaning(status, said)
    code = status.split(" ")[0][:20]
    if action == "delayed":
        return Meaning(DEFERRED, DELAYED, code)
    return Meaning(ARRIVED[action], "", code)


def _is_status(part: Message) -> bool:
    """Some say text/plain of it."""
    if part.get_content_type() in STATUS:
        return True
    payload = part.get_payload()
    if part.get_content_type() != "text/plain" or not isinstance(payload, str):
        return False
    written = payload[:5_000].lower()
    return "\naction:" in written and "final-recipient:" in written


def _action(group: Message) -> str:
    """ "" for the group about the message as a whole. Without an action, a final status says it."""
    action = header(group, "action", 60).lower().partition(" ")[0].strip("();,")
    if action in WORST:
        return action
    if not (group.get("final-recipient") or group.get("original-recipient")):
        return ""
    status = header(group, "status", 20)
    return {"5": "failed", "4": "delayed", "2": "delivered"}.get(status[:1], "")
