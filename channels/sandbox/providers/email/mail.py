"""What a mail server looks at in a message, and what its reader would see. Pure.

RFC 5321, RFC 5322, RFC 8058; https://support.google.com/a/answer/81126 (read 2026-10)
"""

import re
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from channels.sandbox.kit.values import Examination, Refused

ONCE = ("From", "Sender", "Reply-To", "To", "Cc", "Message-ID", "Subject", "Date")
ADDRESS = re.compile(r"[^\s@<>\"]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
LINE = 998  # octets without CRLF
SHOWN = 200_000  # characters of a part that are kept


def is_address(text: str) -> bool:
    return ADDRESS.fullmatch(text) is not None


def parsed(data: bytes) -> EmailMessage:
    message = BytesParser(policy=default).parsebytes(data)
    if not isinstance(message, EmailMessage):
        raise TypeError(type(message))
    return message


def examine(data: bytes, recipients: list[str], exam: Examination) -> None:
    """Raises Refused with the reply's code and enhanced code."""
    bare = re.search(rb"(?<!\r)\n|\r(?!\n)", data) is not None
    exam.require(
        "CRLF line ends", not bare, Refused(550, "5.6.11", "SMTPSEND.BareLinefeedsAreIllegal")
    )
    longest = max((len(line) for line in data.split(b"\r\n")), default=0)
    long = Refused(500, "5.6.0", "Line too long (see RFC 5321, 4.5.3.1.6)")
    exam.require("line length", longest <= LINE, long, f"{longest} of {LINE} octets")
    message = parsed(data)
    sender = _addresses(message, "From")
    missing = Refused(550, "5.7.1", "Messages missing a valid address in From: header")
    exam.require("From", len(sender) == 1 and is_address(sender[0]), missing, ", ".join(sender))
    twice = [name for name in ONCE if len(message.get_all(name) or []) > 1]
    several = Refused(550, "5.7.1", f"Messages with multiple {', '.join(twice)} headers")
    exam.require("headers once each", not twice, several, ", ".join(twice))
    known = re.fullmatch(r"<[^\s<>@]+@[^\s<>@]+>", str(message.get("Message-ID", "")).strip())
    lacking = Refused(550, "5.7.1", "Messages missing a valid Message-ID header are not accepted")
    exam.require("Message-ID", known, lacking)
    _advise(message, recipients, exam)


def seen(data: bytes) -> dict[str, Any]:
    message = parsed(data)
    return {
        "kind": "email",
        "from": str(message.get("From", "")),
        "to": str(message.get("To", "")),
        "subject": str(message.get("Subject", "")),
        "text": _part(message, "plain"),
        "html": _part(message, "html"),
        "headers": [[name, str(value)] for name, value in message.items()],
    }


def _advise(message: EmailMessage, recipients: list[str], exam: Examination) -> None:
    exam.advise("Date", message.get("Date"), "RFC 5322 wants one")
    exam.advise("Subject", message.get("Subject"), "Empty subjects look like spam")
    exam.advise("MIME-Version", message.get("MIME-Version") == "1.0", "RFC 2045 wants 1.0")
    to = {address.lower() for address in _addresses(message, "To")}
    named = all(recipient.lower() in to for recipient in recipients)
    exam.advise("To names the recipient", named, "Blind copies look like spam")
    exam.advise("text part", _part(message, "plain").strip(), "HTML alone looks like spam")
    link, post = message.get("List-Unsubscribe"), message.get("List-Unsubscribe-Post")
    pair = (post == "List-Unsubscribe=One-Click" and "<https:" in str(link)) if post else True
    exam.advise("one-click unsubscribe", pair, "RFC 8058: an https link and its Post header")


def _addresses(message: EmailMessage, name: str) -> list[str]:
    found = []
    for header in message.get_all(name) or []:
        found += [address.addr_spec for address in getattr(header, "addresses", ())]
    return found


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    if body is None:
        return ""
    try:
        return str(body.get_content()).replace("\r\n", "\n")[:SHOWN]
    except (LookupError, ValueError):
        return ""
