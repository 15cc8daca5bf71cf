"""A look-alike of Amazon SNS: `Publish` to a number or to a device's endpoint.

https://docs.aws.amazon.com/sns/latest/api/API_Publish.html (read 2026-11)
"""

import re
import secrets
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4
from xml.sax.saxutils import escape

from channels.sandbox.kit.faults import FaultRule
from channels.sandbox.kit.values import (
    Answer,
    Examination,
    LookAlike,
    Refused,
    Request,
    Verdict,
    first_uuid,
    html_answer,
)
from channels.sandbox.providers import aws_signature
from channels.sandbox.providers.push import sns_push
from channels.sandbox.providers.sms.sms_parts import encoding, parts

SPACE = "http://sns.amazonaws.com/doc/2010-03-31/"
E164 = re.compile(r"\+[1-9]\d{6,14}")
SENDER_ID = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9-]{3,11}")
ORIGINATION = re.compile(r"\+?\d{5,14}")
PRICE = re.compile(r"\d+(\.\d+)?")
MAX_SMS = 1600  # bytes
ATTRIBUTE = re.compile(r"MessageAttributes\.entry\.(\d+)\.(Name|Value\.StringValue)")


def answer(request: Request) -> Verdict:
    exam = Examination()
    form = _form(request)
    attributes = _attributes(form)
    is_push = "TargetArn" in form
    try:
        _examine(request, form, exam)
        if is_push:
            sns_push.examine(form, attributes, exam)
        else:
            _examine_sms(form, attributes, exam)
        result = _published()
    except Refused as refused:
        result = error(refused.status, refused.code, refused.message)
    return Verdict(
        answer=result,
        checks=tuple(exam.checks),
        accepted=result.status == 200,
        recipient=form.get("TargetArn") or form.get("PhoneNumber", ""),
        delivery_id=first_uuid(attributes.get("delivery_id") or form.get("Message", "")),
        message=sns_push.seen(form, attributes) if is_push else _seen(form, attributes),
    )


def misbehave(fault: FaultRule, now: datetime) -> Answer:
    if fault.kind == "html":
        return html_answer(502, "Bad Gateway")
    if fault.kind == "throttle":
        found = error(400, "Throttling", "Rate exceeded")
        return Answer(400, {**found.headers, "retry-after": f"{fault.seconds:.0f}"}, found.body)
    if fault.kind == "dead_token":
        return error(400, "OptedOut", "Phone number is opted out")
    if fault.kind == "bad_auth":
        return error(403, "InvalidClientTokenId", "The security token is not valid.")
    if fault.status == 500:
        return error(500, "InternalError", "Internal error")
    return error(503, "ServiceUnavailable", "Service unavailable")


def misbehave_push(fault: FaultRule, now: datetime) -> Answer:
    if fault.kind == "dead_token":
        return error(400, "EndpointDisabled", "Endpoint is disabled")
    return misbehave(fault, now)


def error(status: int, code: str, message: str) -> Answer:
    kind = "Receiver" if status >= 500 else "Sender"
    words = f"<Type>{kind}</Type><Code>{code}</Code><Message>{escape(message)}</Message>"
    return _xml(status, "ErrorResponse", f"<Error>{words}</Error><RequestId>{uuid4()}</RequestId>")


def _published() -> Answer:
    result = f"<PublishResult><MessageId>{uuid4()}</MessageId></PublishResult>"
    data = f"<ResponseMetadata><RequestId>{uuid4()}</RequestId></ResponseMetadata>"
    return _xml(200, "PublishResponse", result + data)


def _xml(status: int, root: str, content: str) -> Answer:
    body = f'<{root} xmlns="{SPACE}">{content}</{root}>'
    headers = {"content-type": "text/xml", "x-amzn-requestid": secrets.token_hex(8)}
    return Answer(status, headers, body.encode())


def _examine(request: Request, form: dict[str, str], exam: Examination) -> None:
    known = request.method == "POST" and request.path == "/"
    missing = Refused(404, "NotFound", f"{request.method} {request.path}")
    exam.require("path", known, missing, f"{request.method} {request.path}")
    aws_signature.examine(request, "sns", exam)
    action = Refused(400, "InvalidAction", f"Unknown action {form.get('Action')}")
    exam.require("Action", form.get("Action") == "Publish", action, form.get("Action", ""))
    version = Refused(400, "NoSuchVersion", f"Unknown version {form.get('Version')}")
    exam.require("Version", form.get("Version") == "2010-03-31", version, form.get("Version", ""))
    targets = [name for name in ("TopicArn", "TargetArn", "PhoneNumber") if form.get(name)]
    one = invalid("TopicArn or TargetArn Reason: exactly one target is needed")
    exam.require("one target", len(targets) == 1, one, ", ".join(targets))
    exam.require("Message given", form.get("Message"), invalid("Empty message"))


def _examine_sms(form: dict[str, str], attributes: dict[str, str], exam: Examination) -> None:
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


def invalid(what: str) -> Refused:
    return Refused(400, "InvalidParameter", f"Invalid parameter: {what}")


def _seen(form: dict[str, str], attributes: dict[str, str]) -> dict[str, Any]:
    body = form.get("Message", "")
    origin = attributes.get("AWS.MM.SMS.OriginationNumber")
    sender = origin or attributes.get("AWS.SNS.SMS.SenderID", "a shared number")
    kind = {"kind": "sms", "from": sender, "body": body}
    return {**kind, "parts": parts(body), "encoding": encoding(body)}


def _attributes(form: dict[str, str]) -> dict[str, str]:
    entries: dict[str, dict[str, str]] = {}
    for field, value in form.items():
        if match := ATTRIBUTE.fullmatch(field):
            entries.setdefault(match[1], {})[match[2]] = value
    return {
        entry["Name"]: entry.get("Value.StringValue", "")
        for entry in entries.values()
        if "Name" in entry
    }


def _form(request: Request) -> dict[str, str]:
    text = request.body.decode("utf-8", "replace")
    return {key: values[0] for key, values in parse_qs(text, max_num_fields=200).items()}


def _is_send(method: str, path: str) -> bool:
    return method == "POST"


SMS = LookAlike(answer, misbehave, _is_send)
PUSH = LookAlike(answer, misbehave_push, _is_send)
