"""What Postmark looks at in a mail, and the message it makes of it.

https://postmarkapp.com/developer/user-guide/send-email-with-api (read 2026-11)
"""

from base64 import b64decode
from email.utils import parseaddr
from typing import Any

from channels.base import Account
from channels.sandbox.kit.values import Examination, Refused
from channels.sandbox.providers.email.letters import Letter, bad_headers
from channels.sandbox.providers.email.mail import is_address

MAX_METADATA, LONGEST_NAME, LONGEST_VALUE = 10, 20, 80
FORBIDDEN = (".exe", ".bat", ".cmd", ".com", ".js", ".msi", ".scr", ".vbs")


def examine(mail: dict[str, Any], account: Account, exam: Examination) -> None:
    _examine_people(mail, account, exam)
    empty = _bad("Provide either email TextBody or HtmlBody or both.")
    exam.require("a body", mail.get("TextBody") or mail.get("HtmlBody"), empty)
    _examine_metadata(mail.get("Metadata") or {}, exam)
    headers = {one["Name"]: one["Value"] for one in mail.get("Headers") or []}
    wrong = bad_headers(headers, ())
    exam.require("headers", not wrong, _bad("Invalid header."), ", ".join(wrong))
    for file in mail.get("Attachments") or []:
        name = str(file["Name"]).lower()
        kind = Refused(422, "411", "Forbidden file extension.")
        exam.require("attachment's kind", not name.endswith(FORBIDDEN), kind, name)
        exam.require("attachment", _is_base64(file["Content"]), _bad("Invalid 'Content'."), name)
    stream = mail.get("MessageStream", "outbound")
    settings = account.settings
    streams = ("outbound", "broadcast", settings.get("stream"), settings.get("bulk_stream"))
    missing = Refused(422, "1235", "The message stream does not exist on this server.")
    exam.require("MessageStream", stream in streams, missing, str(stream))
    tracked = mail.get("TrackOpens") or mail.get("TrackLinks", "None") != "None"
    exam.advise("tracking is off", not tracked, "links would be rewritten twice")


def letter(mail: dict[str, Any]) -> Letter:
    """What can be shown of it, examined or not."""
    headers = {
        str(one.get("Name")): str(one.get("Value"))
        for one in mail.get("Headers") or []
        if isinstance(one, dict)
    }
    answer_to = {"Reply-To": str(mail["ReplyTo"])} if mail.get("ReplyTo") else {}
    metadata = mail.get("Metadata") or {}
    return Letter(
        sender=str(mail.get("From", "")),
        to=parseaddr(str(mail.get("To", "")))[1],
        subject=str(mail.get("Subject", "")),
        text=str(mail.get("TextBody") or ""),
        html=str(mail.get("HtmlBody") or ""),
        headers={**answer_to, **headers},
        files=[str(file.get("Name")) for file in mail.get("Attachments") or []],
        tags={str(name): str(value) for name, value in metadata.items()},
    )


def _examine_people(mail: dict[str, Any], account: Account, exam: Examination) -> None:
    sender = parseaddr(str(mail.get("From", "")))[1]
    exam.require("From", is_address(sender), _bad("Invalid 'From' address."), sender)
    ours = account.settings.get("from")
    text = "The 'From' address you supplied is not a Sender Signature on your account."
    exam.require("From is ours", not ours or sender == ours, Refused(422, "400", text), sender)
    to = parseaddr(str(mail.get("To", "")))[1]
    exam.require("To", is_address(to), _bad("Error parsing 'To': Illegal email address."), to)


def _examine_metadata(metadata: dict[str, Any], exam: Examination) -> None:
    few = len(metadata) <= MAX_METADATA
    exam.require("Metadata", few, _bad("Metadata has too many fields."), str(len(metadata)))
    long = [
        name
        for name, value in metadata.items()
        if len(name) > LONGEST_NAME or len(str(value)) > LONGEST_VALUE
    ]
    exam.require("Metadata's length", not long, _bad("Metadata is too long."), ", ".join(long))


def _is_base64(text: Any) -> bool:
    try:
        return isinstance(text, str) and bool(b64decode(text, validate=True))
    except ValueError:
        return False


def _bad(message: str) -> Refused:
    return Refused(422, "300", message)
