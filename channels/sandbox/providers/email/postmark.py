"""A simulator of Postmark's e-mail API, batches and search included.

https://postmarkapp.com/developer/api/email-api (read 2026-11)
"""

import hmac
import json
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

from channels.sandbox.kit.faults import FaultRule
from channels.sandbox.kit.values import (
    Answer,
    Callback,
    Examination,
    Refused,
    Request,
    Seen,
    Simulator,
    Verdict,
    html_answer,
    json_answer,
)
from channels.sandbox.providers.email import postmark_events, postmark_mail
from channels.sandbox.providers.email.letters import seen

SINGLE, BATCH, SEARCH = "/email", "/email/batch", "/messages/outbound"
MAX_MESSAGES = 500
MAX_SIZE = {SINGLE: 10_000_000, BATCH: 50_000_000}  # bytes
TOKEN = Refused(401, "10", "The Server Token you provided in the request header is not valid.")
KEPT = 1_000  # messages, for the search


def answer(request: Request) -> Verdict:
    exam = Examination()
    try:
        _examine(request, exam)
        if request.method == "GET":
            return Verdict(_search(request), tuple(exam.checks))
        mails = _mails(request, exam)
    except Refused as refused:
        return Verdict(error(refused), tuple(exam.checks))
    results = [_take(request, mail, exam) for mail in mails]
    single = request.path == SINGLE
    refused_alone = single and results[0]["ErrorCode"] != 0
    body: Any = results[0] if single else results
    return Verdict(
        answer=json_answer(422 if refused_alone else 200, body),
        checks=tuple(exam.checks),
        accepted=not refused_alone,
        each=tuple(map(_seen, mails, results)),
        callbacks=tuple(_callbacks(request, mails, results)),
    )


def _take(request: Request, mail: Any, exam: Examination) -> dict[str, Any]:
    try:
        postmark_mail.examine(mail, request.account, exam)
    except Refused as refused:
        return {"ErrorCode": int(refused.code), "Message": refused.message}
    except (AttributeError, KeyError, TypeError):  # of another shape than documented
        return {"ErrorCode": 403, "Message": "The input is not compatible."}
    own = str(uuid4())
    _keep(request, own, mail)
    common = {"ErrorCode": 0, "Message": "OK", "MessageID": own}
    return {**common, "SubmittedAt": request.now.isoformat(), "To": mail["To"]}


def _keep(request: Request, own: str, mail: dict[str, Any]) -> None:
    """Newest last, so that they can be searched."""
    request.memory[own] = {
        "MessageID": own,
        "Recipients": [mail["To"]],
        "MessageStream": mail.get("MessageStream", "outbound"),
        "Metadata": mail.get("Metadata") or {},
        "Status": "Sent",
    }
    while len(request.memory) > KEPT:
        del request.memory[next(iter(request.memory))]


def _search(request: Request) -> Answer:
    query = {name: values[0] for name, values in parse_qs(request.query).items()}
    listed = [one for one in reversed(request.memory.values()) if _matches(one, query)]
    given = query.get("count", "")
    most = int(given) if given.isdecimal() else 0
    return json_answer(200, {"TotalCount": len(listed), "Messages": listed[:most]})


def _callbacks(request: Request, mails: list[Any], results: list[dict[str, Any]]) -> list[Callback]:
    taken = [
        (postmark_mail.letter(mail), result["MessageID"])
        for mail, result in zip(mails, results, strict=True)
        if not result["ErrorCode"]
    ]
    told = [postmark_events.callback(request, letter, own) for letter, own in taken]
    return [callback for callback in told if callback]


def misbehave(fault: FaultRule, now: datetime) -> Answer:
    if fault.kind == "html":
        return html_answer(502, "Bad Gateway")
    if fault.kind == "throttle":
        found = error(Refused(429, "429", "Rate limit exceeded."))
        return Answer(429, {**found.headers, "retry-after": f"{fault.seconds:.0f}"}, found.body)
    if fault.kind == "bad_auth":
        return error(TOKEN)
    return html_answer(fault.status, "Internal Server Error")


def error(refused: Refused) -> Answer:
    if refused.status in (404, 413):
        return html_answer(refused.status, refused.message)
    value = {"ErrorCode": int(refused.code), "Message": refused.message}
    return json_answer(refused.status, value)


def _examine(request: Request, exam: Examination) -> None:
    known = (request.method, request.path) in (("POST", SINGLE), ("POST", BATCH), ("GET", SEARCH))
    exam.require("path", known, Refused(404, "0", "Not Found"), request.path)
    given = request.header("x-postmark-server-token").encode()
    expected = request.account.credentials.get("server_token", "").encode()
    exam.require("server token", expected and hmac.compare_digest(given, expected), TOKEN)
    accepts = request.header("accept")
    exam.advise("Accept", "application/json" in accepts, accepts)
    if request.method == "GET":
        return
    kind = request.header("content-type").partition(";")[0].strip().lower()
    wanted = Refused(415, "409", "The 'Content-Type' header must be 'application/json'.")
    exam.require("Content-Type", kind == "application/json", wanted, kind)
    size, most = len(request.body), MAX_SIZE[request.path]
    large = Refused(413, "0", "Payload Too Large")
    exam.require("size", size <= most, large, f"{size} of {most} bytes")


def _mails(request: Request, exam: Examination) -> list[Any]:
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError):
        found = None
    wrong = Refused(422, "402", "Received invalid JSON input.")
    shape = dict if request.path == SINGLE else list
    exam.require("JSON", isinstance(found, shape), wrong)
    mails = found if isinstance(found, list) else [found]
    many = Refused(422, "410", f"You may send up to {MAX_MESSAGES} messages in a batch.")
    exam.require("messages", len(mails) <= MAX_MESSAGES, many, str(len(mails)))
    return mails


def _seen(mail: Any, result: dict[str, Any]) -> Seen:
    accepted = result["ErrorCode"] == 0
    if not isinstance(mail, dict):
        return Seen("", "", {}, accepted)
    letter = postmark_mail.letter(mail)
    return Seen(letter.to, letter.tags.get("delivery", ""), seen(letter), accepted)


def _matches(one: dict[str, Any], query: dict[str, str]) -> bool:
    if query.get("recipient") not in (None, *one["Recipients"]):
        return False
    if one["MessageStream"] != query.get("messagestream", "outbound"):
        return False
    wanted = {name[9:]: value for name, value in query.items() if name.startswith("metadata_")}
    return all(one["Metadata"].get(name) == value for name, value in wanted.items())


def _is_send(method: str, path: str) -> bool:
    return method == "POST" and path in (SINGLE, BATCH)


SIMULATOR = Simulator(answer, misbehave, _is_send, frozenset({"dead_token"}))
