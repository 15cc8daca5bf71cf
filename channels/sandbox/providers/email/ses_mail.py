"""What SES looks at in a mail, and the message it makes of it.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html (read 2026-11)
"""

import re
from base64 import b64decode
from collections.abc import Sequence
from email.utils import parseaddr
from typing import Any

from channels.base import Account
from channels.sandbox.kit.values import Examination, Refused
from channels.sandbox.providers.email.letters import Letter, bad_headers
from channels.sandbox.providers.email.mail import is_address

RESERVED = (
    *("bcc", "cc", "content-disposition", "content-type", "date", "from", "message-id"),
    *("mime-version", "reply-to", "return-path", "subject", "to"),
)
TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
MAX_PEOPLE, MAX_HEADERS, MAX_VALUE = 50, 15, 995


def examine_sender(mail: dict[str, Any], account: Account, exam: Examination) -> None:
    shown = str(mail.get("FromEmailAddress", ""))
    address = parseaddr(shown)[1]
    exam.require("FromEmailAddress", shown.isascii() and is_address(address), bad("From"), shown)
    ours = account.settings.get("from")
    message = f"Email address is not verified. The following identities failed: {address}"
    other = Refused(400, "MessageRejected", message)
    exam.require("sender is verified", not ours or address == ours, other, address)
    name, known = mail.get("ConfigurationSetName"), account.settings.get("configuration_set")
    missing = Refused(404, "NotFoundException", f"Configuration set <{name}> does not exist.")
    exam.require("configuration set", not (name and known) or name == known, missing, str(name))
    exam.advise("configuration set given", name, "without it there are no events")
    for answer_to in mail.get("ReplyToAddresses", []):
        exam.require("ReplyToAddresses", is_address(parseaddr(answer_to)[1]), bad("Reply-To"))


def letter(mail: dict[str, Any], exam: Examination) -> Letter:
    to = recipients(mail)
    exam.require("destination", 1 <= len(to) <= MAX_PEOPLE, bad("Recipient count"), str(len(to)))
    wrong = [address for address in to if not (address.isascii() and is_address(address))]
    exam.require("addresses", not wrong, bad("Illegal address"), ", ".join(wrong))
    exam.advise("one recipient", len(to) == 1, "those in one To see each other")
    simple = mail["Content"].get("Simple")
    exam.require("Content.Simple", simple, bad("Exactly one of Simple, Raw, Template"))
    exam.require("Subject", "Data" in simple.get("Subject", {}), bad("Subject"))
    body = {name: part["Data"] for name, part in simple.get("Body", {}).items()}
    exam.require("Body", body and set(body) <= {"Text", "Html"}, bad("Body"), ", ".join(body))
    for file in simple.get("Attachments", []):
        b64decode(file["RawContent"], validate=True)
        exam.require("attachment", 0 < len(file["FileName"]) <= 255, bad("FileName"))
    return Letter(
        sender=mail["FromEmailAddress"],
        to=to[0],
        subject=simple["Subject"]["Data"],
        text=body.get("Text", ""),
        html=body.get("Html", ""),
        headers=headers(simple.get("Headers", []), mail, exam),
        files=[file["FileName"] for file in simple.get("Attachments", [])],
        tags=tags(mail.get("EmailTags", []), exam),
    )


def recipients(mail: dict[str, Any]) -> list[str]:
    to = mail.get("Destination", {})
    return [
        who for name in ("ToAddresses", "CcAddresses", "BccAddresses") for who in to.get(name, [])
    ]


def headers(
    rows: Sequence[dict[str, str]], mail: dict[str, Any], exam: Examination
) -> dict[str, str]:
    found = {row["Name"]: row["Value"] for row in rows}
    exam.require("headers", len(rows) <= MAX_HEADERS, bad("Too many headers"), str(len(rows)))
    wrong = bad_headers(found, RESERVED)
    wrong += [name for name, value in found.items() if not 0 < len(value) <= MAX_VALUE]
    exam.require("headers' names and values", not wrong, bad("Invalid header"), ", ".join(wrong))
    answer_to = ", ".join(mail.get("ReplyToAddresses", []))
    return {**found, **({"Reply-To": answer_to} if answer_to else {})}


def tags(rows: Sequence[dict[str, str]], exam: Examination) -> dict[str, str]:
    found = {row["Name"]: row["Value"] for row in rows}
    fits = all(TAG.fullmatch(word) for pair in found.items() for word in pair)
    exam.require("tags", fits, bad("Invalid tag"), str(found))
    return found


def bad(message: str) -> Refused:
    return Refused(400, "BadRequestException", message)
