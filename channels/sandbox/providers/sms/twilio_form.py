"""What Twilio looks at in the form of a message.

https://www.twilio.com/docs/messaging/api/message-resource (read 2026-10)
"""

import re
from urllib.parse import urlsplit

from channels.sandbox.kit.values import Examination, Refused, Request

E164 = re.compile(r"\+[1-9]\d{6,14}")
SENDER = re.compile(r"\+[1-9]\d{6,14}|\d{3,8}|[A-Za-z0-9 ]{1,11}")
# https://www.twilio.com/docs/iam/test-credentials
MAGIC_TO = {
    "+15005550001": (21211, "Invalid 'To' Phone Number"),
    "+15005550002": (21612, "The 'To' number is not reachable from this 'From'"),
    "+15005550003": (21408, "Permission to send to this region is not enabled"),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "'To' number is not a valid mobile number"),
}
MAGIC_FROM = {
    "+15005550001": (21212, "The 'From' number is not a valid phone number"),
    "+15005550007": (21606, "The 'From' number is not a valid, SMS-capable number of yours"),
    "+15005550008": (
        21611,
        "This 'From' number has exceeded the maximum number of queued messages",
    ),
}
MAX_BODY = 1600  # characters
MAX_VALIDITY = 36_000  # seconds


def examine(request: Request, form: dict[str, str], exam: Examination) -> None:
    kind = request.header("content-type").partition(";")[0].strip().lower()
    exam.advise("form-encoded", kind == "application/x-www-form-urlencoded", kind)
    to, body = form.get("To", ""), form.get("Body", "")
    exam.require("To given", to, _bad(21604, "A 'To' phone number is required."))
    exam.require("To", E164.fullmatch(to), _bad(21211, f"Invalid 'To' Phone Number: {to}"), "E.164")
    _examine_sender(request, form, exam)
    media = form.get("MediaUrl")
    exam.require("Body given", body or media, _bad(21602, "Message body is required."))
    long = _bad(21617, "The concatenated message body exceeds the 1600 character limit")
    exam.require("length", len(body) <= MAX_BODY, long, f"{len(body)} of {MAX_BODY} characters")
    _examine_options(form, exam)
    magic = MAGIC_TO.get(to)
    exam.require("To can be reached", not magic, _bad(*(magic or (21211, ""))))


def _examine_sender(request: Request, form: dict[str, str], exam: Examination) -> None:
    sender, service = form.get("From", ""), form.get("MessagingServiceSid", "")
    missing = _bad(21603, "A 'From' phone number or a MessagingServiceSid is required.")
    exam.require("From or service given", sender or service, missing)
    if service:
        exam.require("service", re.fullmatch(r"MG[0-9a-fA-F]{32}", service), _bad(21701, "Invalid"))
        return
    bad = _bad(21212, f"The 'From' number {sender} is not a valid phone number")
    exam.require("From", SENDER.fullmatch(sender), bad, sender)
    magic = MAGIC_FROM.get(sender)
    exam.require("From can send", not magic, _bad(*(magic or (21606, ""))))
    ours = request.account.settings.get("from") or request.account.credentials.get("from")
    known = not ours or sender == ours or sender in _by_country(request)
    other = _bad(21606, f"The 'From' number {sender} is not one of the account's")
    exam.require("From is ours", known, other, sender)


def _by_country(request: Request) -> list[str]:
    """The setting reads "US=+14155550100, AT=SHOP"."""
    entries = str(request.account.settings.get("senders", "")).split(",")
    return [entry.partition("=")[2].strip() for entry in entries]


def _examine_options(form: dict[str, str], exam: Examination) -> None:
    validity = form.get("ValidityPeriod")
    number = validity is None or validity.isdecimal()
    exam.require("ValidityPeriod", number, _bad(21625, "ValidityPeriod is not a number"))
    fits = validity is None or 1 <= int(validity) <= MAX_VALIDITY
    bad = _bad(21624, f"ValidityPeriod must be from 1 to {MAX_VALIDITY}")
    exam.require("ValidityPeriod's range", fits, bad, validity or "")
    url = form.get("StatusCallback", "")
    parsed = urlsplit(url)
    host = parsed.hostname or ""
    valid = not url or (parsed.scheme in ("http", "https") and host and "_" not in host)
    exam.require("StatusCallback", valid, _bad(21609, "Invalid 'StatusCallback' URL"), url)


def _bad(code: int, message: str) -> Refused:
    return Refused(400, str(code), message)
