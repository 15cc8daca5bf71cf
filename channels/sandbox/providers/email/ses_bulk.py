"""What SES looks at in a bulk request; each of its entries has a status of its own.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendBulkEmail.html (read 2026-11)
"""

import json
import re
from typing import Any

from channels.sandbox.kit.values import Examination
from channels.sandbox.providers.email.letters import Letter
from channels.sandbox.providers.email.mail import is_address
from channels.sandbox.providers.email.ses_mail import bad, headers, recipients, tags

MAX_ENTRIES = 50
MAX_DATA = 262_144  # characters
PLACE = re.compile(r"\{\{\{?\s*(\w+)\s*\}?\}\}")


def entries(mail: dict[str, Any], exam: Examination) -> list[tuple[Letter, str]]:
    """Each with its problem, "" for none."""
    template = mail["DefaultContent"]["Template"]
    content = template.get("TemplateContent")
    exam.require("TemplateContent", content and content.get("Subject"), bad("Template"))
    rows = mail["BulkEmailEntries"]
    many = bad("Too many destinations")
    exam.require("entries", 1 <= len(rows) <= MAX_ENTRIES, many, f"{len(rows)} of {MAX_ENTRIES}")
    default = json.loads(template.get("TemplateData") or "{}")
    return [_entry(mail, content, default, row, exam) for row in rows]


def result(problem: str, message_id: str) -> dict[str, str]:
    if problem:
        return {"Status": "INVALID_PARAMETER", "Error": problem}
    return {"Status": "SUCCESS", "MessageId": message_id}


def _entry(
    mail: dict[str, Any],
    content: dict[str, str],
    default: dict[str, str],
    row: dict[str, Any],
    exam: Examination,
) -> tuple[Letter, str]:
    to = recipients(row)
    exam.require("one recipient in each", len(to) == 1, bad("Destination"))
    replacement = row.get("ReplacementEmailContent", {}).get("ReplacementTemplate", {})
    data = replacement.get("ReplacementTemplateData") or "{}"
    exam.require("data's size", len(data) <= MAX_DATA, bad("TemplateData"), str(len(data)))
    values = {**default, **json.loads(data)}

    def filled(name: str) -> str:
        return PLACE.sub(lambda found: str(values.get(found[1], "")), content.get(name, ""))

    letter = Letter(
        sender=mail["FromEmailAddress"],
        to=to[0],
        subject=filled("Subject"),
        text=filled("Text"),
        html=filled("Html"),
        headers=headers(row.get("ReplacementHeaders", []), mail, exam),
        tags=tags(row.get("ReplacementTags", []), exam),
    )
    return letter, "" if is_address(to[0]) and to[0].isascii() else "Illegal address"
