"""What Amazon SNS does with `Publish`, to a number or to a device's endpoint.

https://docs.aws.amazon.com/sns/latest/api/API_Publish.html (read 2026-11)
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4
from xml.sax.saxutils import escape

from channels.sandbox.kit.faults import FaultRule
from channels.sandbox.kit.values import (
    Answer,
    Examination,
    Refused,
    Request,
    Simulator,
    Verdict,
    first_uuid,
    html_answer,
)
from channels.sandbox.providers import aws_signature

SPACE = "http://sns.amazonaws.com/doc/2010-03-31/"
ATTRIBUTE = re.compile(r"MessageAttributes\.entry\.(\d+)\.(Name|Value\.StringValue)")
TARGETS = ("TopicArn", "TargetArn", "PhoneNumber")
Form = dict[str, str]


@dataclass(frozen=True, slots=True)
class Target:
    """What a message may be published to."""

    name: str  # its field: PhoneNumber or TargetArn
    examine: Callable[[Form, Form, Examination], None]  # of form and attributes
    seen: Callable[[Form, Form], dict[str, Any]]
    gone: Refused  # what is said of one that does not exist


def simulator(target: Target) -> Simulator:
    return Simulator(partial(_answer, target), partial(_misbehave, target), _is_send)


def invalid(what: str) -> Refused:
    return Refused(400, "InvalidParameter", f"Invalid parameter: {what}")


def _answer(target: Target, request: Request) -> Verdict:
    exam, form = Examination(), _form(request)
    attributes = _attributes(form)
    try:
        _examine(target, request, form, exam)
        target.examine(form, attributes, exam)
        result = _published()
    except Refused as refused:
        result = _error(refused)
    return Verdict(
        answer=result,
        checks=tuple(exam.checks),
        accepted=result.status == 200,
        recipient=form.get(target.name, ""),
        delivery_id=first_uuid(attributes.get("delivery_id") or form.get("Message", "")),
        message=target.seen(form, attributes),
    )


def _misbehave(target: Target, fault: FaultRule, now: datetime) -> Answer:
    if fault.kind == "html":
        return html_answer(502, "Bad Gateway")
    if fault.kind == "throttle":
        found = _error(Refused(400, "Throttling", "Rate exceeded"))
        return Answer(400, {**found.headers, "retry-after": f"{fault.seconds:.0f}"}, found.body)
    if fault.kind == "dead_token":
        return _error(target.gone)
    if fault.kind == "bad_auth":
        return _error(Refused(403, "InvalidClientTokenId", "The security token is not valid."))
    if fault.status == 500:
        return _error(Refused(500, "InternalError", "Internal error"))
    return _error(Refused(503, "ServiceUnavailable", "Service unavailable"))


def _error(refused: Refused) -> Answer:
    kind = "Receiver" if refused.status >= 500 else "Sender"
    texts = f"<Code>{refused.code}</Code><Message>{escape(refused.message)}</Message>"
    error = f"<Error><Type>{kind}</Type>{texts}</Error><RequestId>{uuid4()}</RequestId>"
    return _xml(refused.status, "ErrorResponse", error)


def _published() -> Answer:
    result = f"<PublishResult><MessageId>{uuid4()}</MessageId></PublishResult>"
    data = f"<ResponseMetadata><RequestId>{uuid4()}</RequestId></ResponseMetadata>"
    return _xml(200, "PublishResponse", result + data)


def _xml(status: int, root: str, content: str) -> Answer:
    body = f'<{root} xmlns="{SPACE}">{content}</{root}>'
    headers = {"content-type": "text/xml", "x-amzn-requestid": secrets.token_hex(8)}
    return Answer(status, headers, body.encode())


def _examine(target: Target, request: Request, form: Form, exam: Examination) -> None:
    known = request.method == "POST" and request.path == "/"
    missing = Refused(404, "NotFound", f"{request.method} {request.path}")
    exam.require("path", known, missing, f"{request.method} {request.path}")
    aws_signature.examine(request, "sns", exam)
    action = Refused(400, "InvalidAction", f"Unknown action {form.get('Action')}")
    exam.require("Action", form.get("Action") == "Publish", action, form.get("Action", ""))
    version = Refused(400, "NoSuchVersion", f"Unknown version {form.get('Version')}")
    exam.require("Version", form.get("Version") == "2010-03-31", version, form.get("Version", ""))
    targets = [name for name in TARGETS if form.get(name)]
    one = invalid("TopicArn or TargetArn Reason: exactly one target is needed")
    exam.require("one target", targets == [target.name], one, ", ".join(targets))
    exam.require("Message given", form.get("Message"), invalid("Empty message"))


def _attributes(form: Form) -> Form:
    entries: dict[str, Form] = {}
    for field, value in form.items():
        if match := ATTRIBUTE.fullmatch(field):
            entries.setdefault(match[1], {})[match[2]] = value
    return {
        entry["Name"]: entry.get("Value.StringValue", "")
        for entry in entries.values()
        if "Name" in entry
    }


def _form(request: Request) -> Form:
    text = request.body.decode("utf-8", "replace")
    return {key: values[0] for key, values in parse_qs(text, max_num_fields=200).items()}


def _is_send(method: str, path: str) -> bool:
    return method == "POST"
