"""A simulator of Mailgun's messages endpoint, batches included.

https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages (read 2026-11)
"""

import hmac
import re
import secrets
from base64 import b64decode
from datetime import datetime

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
from channels.sandbox.providers.email import mailgun_events, mailgun_form
from channels.sandbox.providers.email.letters import Letter, seen

PATH = re.compile(r"/v3/(?P<domain>[^/]+)/messages")
MAX_SIZE = 25_000_000  # bytes


def answer(request: Request) -> Verdict:
    exam = Examination()
    letters: list[Letter] = []
    message_id = ""
    found = PATH.fullmatch(request.path)
    if not found or request.method != "POST":
        return Verdict(Answer(200, {"content-type": "text/plain"}, b"Mailgun Magnificent API"))
    try:
        _examine(request, found["domain"], exam)
        form = mailgun_form.read(request)
        mailgun_form.examine(form, request.account, exam)
        letters = mailgun_form.letters(form)
        given = "" if form.people() else form.first("h:Message-Id").strip("<>")
        message_id = given or f"{request.now:%Y%m%d%H%M%S}.{secrets.token_hex(8)}@{found['domain']}"
        result = json_answer(200, {"id": f"<{message_id}>", "message": "Queued. Thank you."})
    except Refused as refused:
        result = error(refused)
    except (AttributeError, TypeError):  # recipient-variables of another shape than documented
        letters, result = [], error(Refused(400, "", "recipient-variables is not valid"))
    told = [mailgun_events.callback(request, letter, message_id) for letter in letters]
    return Verdict(
        answer=result,
        checks=tuple(exam.checks),
        accepted=result.status == 200,
        each=tuple(
            Seen(letter.to, letter.tags.get("delivery", ""), seen(letter)) for letter in letters
        ),
        callbacks=tuple(callback for callback in told if callback),
    )


def misbehave(fault: FaultRule, now: datetime) -> Answer:
    if fault.kind == "html":
        return html_answer(502, "Bad Gateway")
    if fault.kind == "throttle":
        found = error(Refused(429, "", "Too many requests"))
        return Answer(429, {**found.headers, "retry-after": f"{fault.seconds:.0f}"}, found.body)
    if fault.kind == "bad_auth":
        return error(Refused(401, "", ""))
    return error(Refused(fault.status, "", "Internal Server Error"))


def error(refused: Refused) -> Answer:
    if refused.status == 401:
        return Answer(401, {"content-type": "text/plain"}, b"Forbidden")
    if refused.status == 413:
        return html_answer(413, "Request Entity Too Large")
    return json_answer(refused.status, {"message": refused.message})


def _examine(request: Request, domain: str, exam: Examination) -> None:
    key = request.account.credentials.get("api_key", "")
    right = hmac.compare_digest(_login(request), f"api:{key}".encode())
    exam.require("API key", right and key, Refused(401, "Forbidden"))
    ours = request.account.settings.get("domain")
    missing = Refused(404, "", f"Domain not found: {domain}")
    exam.require("domain", domain == ours, missing, domain)
    size = len(request.body)
    exam.require("size", size <= MAX_SIZE, Refused(413, ""), f"{size} of {MAX_SIZE} bytes")
    kind = request.header("content-type").partition(";")[0].strip().lower()
    formed = kind in ("multipart/form-data", "application/x-www-form-urlencoded")
    exam.require("form", formed, Refused(400, "", "from parameter is missing"), kind)


def _login(request: Request) -> bytes:
    scheme, _, encoded = request.header("authorization").partition(" ")
    try:
        return b64decode(encoded, validate=True) if scheme.lower() == "basic" else b""
    except ValueError:
        return b""


def _is_send(method: str, path: str) -> bool:
    return method == "POST" and PATH.fullmatch(path) is not None


SIMULATOR = Simulator(answer, misbehave, _is_send, frozenset({"dead_token"}))
