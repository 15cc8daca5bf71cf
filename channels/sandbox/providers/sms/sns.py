"""A simulator of Amazon SNS: `Publish` to a number.

https://docs.aws.amazon.com/sns/latest/dg/sms_publish-to-phone.html (read 2026-11)
"""

import re
from typing import Any

from channels.sandbox.kit.values import Examination, Refused
from channels.sandbox.providers.sms.sms_parts import encoding, parts
from channels.sandbox.providers.sns_publish import Form, Target, invalid, simulator

E164 = re.compile(r"\+[1-9]\d{6,14}")
SENDER_ID = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9-]{3,11}")
ORIGINATION = re.compile(r"\+?\d{5,14}")
PRICE = re.compile(r"\d+(\.\d+)?")
MAX_SMS = 1600  # bytes


def examine(form: Form, attributes: Form, exam: Examination) -> None:
    number, size = form.get("PhoneNumber", ""), len(form.get("Message", "").encode())
    bad = invalid(f"PhoneNumber Reason: {number} is not valid to publish to")
    exam.require("PhoneNumber", E164.fullmatch(number), bad, "E.164")
    long = invalid("Message too long")
    exam.require("length", size <= MAX_SMS, long, f"{size} of {MAX_SMS} bytes")
    kind = attributes.get("AWS.SNS.SMS.SMSType")
    exam.advise("SMSType given", kind, "guides disagree about its default")
    fits = kind in (None, "Promotional", "Transactional")
    exam.require("SMSType", fits, invalid("SMSType"), kind or "")
    for name, pattern in (
        ("AWS.SNS.SMS.SenderID", SENDER_ID),
        ("AWS.MM.SMS.OriginationNumber", ORIGINATION),
        ("AWS.SNS.SMS.MaxPrice", PRICE),
    ):
        value = attributes.get(name)
        fits = value is None or pattern.fullmatch(value) is not None
        exam.require(name.rpartition(".")[2], fits, invalid(name), value or "")


def seen(form: Form, attributes: Form) -> dict[str, Any]:
    body = form.get("Message", "")
    origin = attributes.get("AWS.MM.SMS.OriginationNumber")
    sender = origin or attributes.get("AWS.SNS.SMS.SenderID", "a shared number")
    kind = {"kind": "sms", "from": sender, "body": body}
    return {**kind, "parts": parts(body), "encoding": encoding(body)}


SIMULATOR = simulator(
    Target("PhoneNumber", examine, seen, Refused(400, "OptedOut", "Phone number is opted out"))
)
