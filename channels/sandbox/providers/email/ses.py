"""A simulator of Amazon SES, API v2: SendEmail and SendBulkEmail; and of the one action of SNS
that confirms a topic.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/ (read 2026-11)
"""

import json
import secrets
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from channels.sandbox.kit.faults import FaultRule
from channels.sandbox.kit.values import (
    Answer,
    Examination,
    Refused,
    Request,
    Seen,
    Simulator,
    Verdict,
    html_answer,
    json_answer,
)
from channels.sandbox.providers import aws_signature
from channels.sandbox.providers.email import ses_bulk, ses_events, ses_mail
from channels.sandbox.providers.email.letters import Letter, seen

ONE, MANY, TOPIC = "/v2/email/outbound-emails", "/v2/email/outbound-bulk-emails", "/"
MAX_SIZE = 40_000_000  # bytes
SPACE = "http://sns.amazonaws.com/doc/2010-03-31/"
REASON = {500: "InternalFailure", 503: "ServiceUnavailable"}


def answer(request: Request) -> Verdict:
    exam = Examination()
    verdict = Verdict(Answer(200))
    try:
        known = request.method == "POST" and request.path in (ONE, MANY, TOPIC)
        missing = Refused(404, "UnknownOperationException", "")
        exam.require("path", known, missing, f"{request.method} {request.path}")
        service = "sns" if request.path == TOPIC else "ses"
        aws_signature.examine(request, service, exam)
        verdict = _confirmed(request, exam) if request.path == TOPIC else _taken(request, exam)
    except Refused as refused:
        verdict = Verdict(error(refused.status, refused.code, refused.message))
    except (AttributeError, KeyError, TypeError, ValueError):  # of another shape than documented
        verdict = Verdict(error(400, "SerializationException", ""))
    return replace(verdict, checks=tuple(exam.checks))


def misbehave(fault: FaultRule, now: datetime) -> Answer:
    if fault.kind == "html":
        return html_answer(502, "Bad Gateway")
    if fault.kind == "throttle":
        return error(429, "TooManyRequestsException", "Maximum sending rate exceeded.")
    if fault.kind == "bad_auth":
        return error(403, "InvalidClientTokenId", "The security token included is invalid.")
    return error(fault.status, REASON.get(fault.status, "InternalFailure"), "")


def error(status: int, code: str, message: str) -> Answer:
    names = {"x-amzn-errortype": f"{code}:http://internal.amazon.com/coral/"}
    return json_answer(status, {"message": message}, names)


def _taken(request: Request, exam: Examination) -> Verdict:
    size = len(request.body)
    large = ses_mail.bad(f"Message length is more than {MAX_SIZE} bytes long")
    exam.require("size", size <= MAX_SIZE, large, f"{size} of {MAX_SIZE} bytes")
    mail = _json(request, exam)
    ses_mail.examine_sender(mail, request.account, exam)
    if request.path == ONE:
        letter = ses_mail.letter(mail, exam)
        message_id = _message_id()
        return _accepted(request, mail, {"MessageId": message_id}, [(letter, message_id)])
    entries = [(_message_id(), *entry) for entry in ses_bulk.entries(mail, exam)]
    results = [ses_bulk.result(problem, message_id) for message_id, _, problem in entries]
    taken = [(letter, message_id) for message_id, letter, problem in entries if not problem]
    return _accepted(request, mail, {"BulkEmailEntryResults": results}, taken)


def _accepted(
    request: Request, mail: dict[str, Any], said: Any, taken: list[tuple[Letter, str]]
) -> Verdict:
    name = str(mail.get("ConfigurationSetName") or "")
    told = [ses_events.callback(request, letter, id_, name) for letter, id_ in taken if name]
    return Verdict(
        json_answer(200, said),
        accepted=True,
        callbacks=tuple(callback for callback in told if callback),
        each=tuple(
            Seen(letter.to, letter.tags.get("delivery", ""), seen(letter)) for letter, _ in taken
        ),
    )


def _confirmed(request: Request, exam: Examination) -> Verdict:
    form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    action = Refused(400, "InvalidAction", "")
    exam.require("Action", form.get("Action") == "ConfirmSubscription", action)
    exam.require("Token", form.get("Token"), Refused(400, "InvalidParameter", "Token"))
    arn = f"<SubscriptionArn>{form.get('TopicArn', '')}:1</SubscriptionArn>"
    result = f"<ConfirmSubscriptionResult>{arn}</ConfirmSubscriptionResult>"
    body = f'<ConfirmSubscriptionResponse xmlns="{SPACE}">{result}</ConfirmSubscriptionResponse>'
    return Verdict(Answer(200, {"content-type": "text/xml"}, body.encode()))


def _json(request: Request, exam: Examination) -> dict[str, Any]:
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError):
        found = None
    exam.require("JSON", isinstance(found, dict), Refused(400, "SerializationException", ""))
    return found if isinstance(found, dict) else {}


def _message_id() -> str:
    return f"{secrets.token_hex(8)}-{secrets.token_hex(16)}-000000"


def _is_send(method: str, path: str) -> bool:
    return method == "POST" and path in (ONE, MANY)


SIMULATOR = Simulator(answer, misbehave, _is_send, frozenset({"dead_token"}))
