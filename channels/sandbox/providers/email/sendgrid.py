"""A simulator of SendGrid's Mail Send.

https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send (read 2026-11)
"""

import hmac
import json
import secrets
from datetime import datetime, timedelta
from typing import Any

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
from channels.sandbox.providers.email import sendgrid_events, sendgrid_mail
from channels.sandbox.providers.email.letters import Letter, seen

PATH = "/v3/mail/send"
MAX_SIZE = 30_000_000  # bytes


def answer(request: Request) -> Verdict:
    exam = Examination()
    letters: list[Letter] = []
    message_id = secrets.token_urlsafe(16)
    try:
        _examine(request, exam)
        mail = _json(request, exam)
        sendgrid_mail.examine(mail, request.account, exam)
        letters = sendgrid_mail.letters(mail)
        result = Answer(202, {"x-message-id": message_id, **_limits(request.now)})
    except Refused as refused:
        result = error(refused)
    except (AttributeError, KeyError, TypeError):  # of another shape than documented
        letters, result = [], error(Refused(400, "", "Bad Request"))
    callbacks = [sendgrid_events.callback(request, letter, message_id) for letter in letters]
    return Verdict(
        answer=result,
        checks=tuple(exam.checks),
        accepted=result.status == 202,
        each=tuple(
            Seen(letter.to, letter.tags.get("delivery", ""), seen(letter)) for letter in letters
        ),
        callbacks=tuple(callback for callback in callbacks if callback),
    )


def misbehave(fault: FaultRule, now: datetime) -> Answer:
    if fault.kind == "html":
        return html_answer(502, "Bad Gateway")
    if fault.kind == "throttle":
        found = error(Refused(429, "", "too many requests"))
        until = now + timedelta(seconds=fault.seconds)
        reset = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{until.timestamp():.0f}"}
        return Answer(429, {**found.headers, **reset}, found.body)
    if fault.kind == "bad_auth":
        return error(Refused(401, "", sendgrid_mail.UNAUTHORIZED))
    return error(Refused(fault.status, "", "internal server error"))


def error(refused: Refused) -> Answer:
    """`code` is the field that is wrong, if one is."""
    if refused.status == 413:
        return html_answer(413, "Request Entity Too Large")
    one = {"message": refused.message, "field": refused.code or None, "help": None}
    return json_answer(refused.status, {"errors": [one]})


def _examine(request: Request, exam: Examination) -> None:
    here = request.path == PATH
    exam.require("path", here, Refused(404, "", "not found"), request.path)
    post = Refused(405, "", "method not allowed")
    exam.require("POST", request.method == "POST", post, request.method)
    scheme, _, key = request.header("authorization").partition(" ")
    expected = request.account.credentials.get("api_key", "")
    right = scheme.lower() == "bearer" and hmac.compare_digest(key.encode(), expected.encode())
    refused = Refused(401, "", sendgrid_mail.UNAUTHORIZED)
    exam.require("API key", right and expected, refused, "")
    kind = request.header("content-type").partition(";")[0].strip().lower()
    wrong = Refused(415, "", "Content-Type should be application/json.")
    exam.require("Content-Type", kind == "application/json", wrong, kind)
    takes = request.header("accept") or "*/*"
    cannot = Refused(406, "", "not acceptable")
    exam.require("Accept", "json" in takes or "*/*" in takes, cannot, takes)
    size = len(request.body)
    large = Refused(413, "", "too large")
    exam.require("size", size < MAX_SIZE, large, f"{size} of {MAX_SIZE} bytes")


def _json(request: Request, exam: Examination) -> dict[str, Any]:
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError):
        found = None
    exam.require("JSON", isinstance(found, dict), Refused(400, "", "Bad Request"))
    return found if isinstance(found, dict) else {}


def _limits(now: datetime) -> dict[str, str]:
    reset = f"{now.timestamp() + 60:.0f}"
    return {"x-ratelimit-limit": "600", "x-ratelimit-remaining": "599", "x-ratelimit-reset": reset}


def _is_send(method: str, path: str) -> bool:
    return method == "POST" and path == PATH


SIMULATOR = Simulator(answer, misbehave, _is_send, frozenset({"dead_token"}))
