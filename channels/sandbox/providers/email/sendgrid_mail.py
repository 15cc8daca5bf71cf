"""What SendGrid looks at in a mail, and the messages it makes of it.

https://www.twilio.com/docs/sendgrid/api-reference/mail-send/limitations (read 2026-11)
"""

from base64 import b64decode
from typing import Any

from channels.base import Account
from channels.sandbox.kit.values import Examination, Refused
from channels.sandbox.providers.email.letters import Letter, bad_headers
from channels.sandbox.providers.email.mail import is_address

UNAUTHORIZED = "The provided authorization grant is invalid, expired, or revoked"
RESERVED = (
    *("x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type"),
    *("content-transfer-encoding", "to", "from", "subject", "reply-to", "cc", "bcc"),
)
MAX_PEOPLE, MAX_ARGS, MAX_CATEGORIES = 1_000, 10_000, 10


def examine(mail: dict[str, Any], account: Account, exam: Examination) -> None:
    _examine_sender(mail, account, exam)
    people = mail.get("personalizations")
    listed = isinstance(people, list) and all(isinstance(person, dict) for person in people)
    many = _bad("personalizations", "The personalizations field is required.")
    exam.require("personalizations", listed and people, many)
    people = people or []
    too_many = _bad("personalizations", f"More than {MAX_PEOPLE} personalizations")
    count = sum(len(person.get("to") or ()) for person in people)
    exam.require("recipients", count <= MAX_PEOPLE, too_many, f"{count} of {MAX_PEOPLE}")
    for at, person in enumerate(people):
        _examine_person(mail, person, f"personalizations.{at}", exam)
    _examine_content(mail, exam)
    exam.advise("one in each To", count == len(people), "those in one To see each other")
    tracking = mail.get("tracking_settings") or {}
    off = all(isinstance(part, dict) and not part.get("enable") for part in tracking.values())
    exam.advise("tracking is off", tracking and off, "links would be rewritten twice")


def letters(mail: dict[str, Any]) -> list[Letter]:
    """Of a mail that was examined."""
    contents = {part["type"]: part["value"] for part in mail.get("content", [])}
    sender = mail["from"]
    shown = f"{sender['name']} <{sender['email']}>" if sender.get("name") else sender["email"]
    answer_to = (mail.get("reply_to") or {}).get("email")
    shared = {**mail.get("headers", {}), **({"Reply-To": answer_to} if answer_to else {})}
    return [
        Letter(
            sender=shown,
            to=to["email"],
            subject=person.get("subject") or mail.get("subject", ""),
            text=contents.get("text/plain", ""),
            html=contents.get("text/html", ""),
            headers={**shared, **person.get("headers", {})},
            files=[str(file["filename"]) for file in mail.get("attachments", [])],
            tags={**mail.get("custom_args", {}), **person.get("custom_args", {})},
        )
        for person in mail["personalizations"]
        for to in person["to"]
    ]


def _examine_sender(mail: dict[str, Any], account: Account, exam: Examination) -> None:
    sender = mail.get("from")
    address = sender.get("email") if isinstance(sender, dict) else None
    valid = isinstance(address, str) and is_address(address) and address.isascii()
    bad = _bad("from.email", "The from email does not contain a valid address.")
    exam.require("from", valid, bad, str(address))
    name = str(sender.get("name", "")) if isinstance(sender, dict) else ""
    marked = _bad("from.name", "The from name must not contain ; or ,")
    exam.require("from's name", not set(";,") & set(name), marked, name)
    ours = account.settings.get("from")
    message = "The from address does not match a verified Sender Identity."
    other = Refused(403, "from", message)
    exam.require("from is verified", not ours or address == ours, other, str(address))
    both = _bad("reply_to", "reply_to and reply_to_list cannot be used together")
    exam.require("one reply_to", not ("reply_to" in mail and "reply_to_list" in mail), both)


def _examine_person(
    mail: dict[str, Any], person: dict[str, Any], path: str, exam: Examination
) -> None:
    to = person.get("to")
    missing = _bad(f"{path}.to", "The to array is required for all personalization objects.")
    exam.require("to", isinstance(to, list) and to, missing)
    for at, who in enumerate(to or []):
        address = who.get("email") if isinstance(who, dict) else None
        bad = _bad(f"{path}.to.{at}.email", "Does not contain a valid address.")
        exam.require("to", isinstance(address, str) and is_address(address), bad, str(address))
    subject = person.get("subject") or mail.get("subject")
    exam.require("subject", subject, _bad("subject", "The subject is required."))
    arguments = {**mail.get("custom_args", {}), **person.get("custom_args", {})}
    words = all(isinstance(value, str) for value in arguments.values())
    exam.require("custom_args", words, _bad(f"{path}.custom_args", "must be strings"))
    size = sum(len(name) + len(value.encode()) for name, value in arguments.items() if words)
    large = _bad(f"{path}.custom_args", "custom_args are too large")
    exam.require("custom_args' size", size < MAX_ARGS, large, f"{size} of {MAX_ARGS} bytes")
    headers = {**mail.get("headers", {}), **person.get("headers", {})}
    wrong = bad_headers(headers, RESERVED)
    bad = _bad(f"headers.{wrong[0] if wrong else ''}", "The header is reserved or not valid.")
    exam.require("headers", not wrong, bad, ", ".join(wrong))


def _examine_content(mail: dict[str, Any], exam: Examination) -> None:
    contents = mail.get("content") or []
    filled = [p for p in contents if isinstance(p, dict) and p.get("type") and p.get("value")]
    empty = _bad("content.0.value", "The content value must be a string of one character or more")
    exam.require("content", contents and len(filled) == len(contents), empty)
    kinds = [part["type"] for part in filled]
    order = _bad("content", "If present, text/plain must be first, followed by text/html")
    exam.require("text before HTML", kinds == sorted(kinds, key="text/html".__eq__), order)
    for at, file in enumerate(mail.get("attachments") or []):
        bad = _bad(f"attachments.{at}.content", "The attachment content must be base64 encoded.")
        exam.require("attachment", file.get("filename") and _is_base64(file.get("content")), bad)
    categories = mail.get("categories") or []
    exam.require("categories", len(categories) <= MAX_CATEGORIES, _bad("categories", "max 10"))


def _is_base64(text: Any) -> bool:
    try:
        return isinstance(text, str) and bool(b64decode(text, validate=True))
    except ValueError:
        return False


def _bad(field: str, message: str) -> Refused:
    return Refused(400, field, message)
