"""A simulator of Firebase Cloud Messaging, HTTP v1: messages:send; the token is in fcm_token.

https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages (read 2026-10)
"""

import json
import re
import secrets
from datetime import datetime
from typing import Any

from channels.answers import json_object
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
    json_answer,
)
from channels.sandbox.providers.push import fcm_message, fcm_token

SEND = re.compile(r"/v1/projects/(?P<project>[^/]+)/messages:send")
FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
QUOTA = "type.googleapis.com/google.rpc.QuotaFailure"
UNAUTHENTICATED = (
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie "
    "or other valid authentication credential."
)


def answer(request: Request) -> Verdict:
    if request.path == "/token":
        return fcm_token.answer(request)
    exam = Examination()
    body = json_object(request.body)
    message = body.get("message")
    message = message if isinstance(message, dict) else {}
    try:
        project = _examine(request, exam)
        fcm_message.examine(request.body, exam)
        dry = body.get("validateOnly") is True
        name = (
            "fake_message_id" if dry else f"0:{request.now.timestamp():.6f}%{secrets.token_hex(8)}"
        )
        result = json_answer(200, {"name": f"projects/{project}/messages/{name}"})
    except Refused as refused:
        result, dry = _refusal(refused), True
    return Verdict(
        answer=result,
        checks=tuple(exam.checks),
        accepted=result.status == 200 and not dry,
        recipient=fcm_message.target(message)[1],
        delivery_id=first_uuid(json.dumps(message.get("data"))),
        message=fcm_message.seen(message),
    )


def misbehave(fault: FaultRule, now: datetime) -> Answer:
    if fault.kind == "html":
        return html_answer(502, "Server Error")
    if fault.kind == "throttle":
        detail = {"@type": QUOTA, "violations": [{"subject": "project", "description": "Quota"}]}
        return _error(
            429,
            word="RESOURCE_EXHAUSTED",
            message="Quota exceeded.",
            code="QUOTA_EXCEEDED",
            details=[detail],
            fault=fault,
        )
    if fault.kind == "dead_token":
        return _error(
            404, word="NOT_FOUND", message="Requested entity was not found.", code="UNREGISTERED"
        )
    if fault.kind == "bad_auth":
        return _error(401, word="UNAUTHENTICATED", message=UNAUTHENTICATED)
    if fault.status == 500:
        return _error(500, word="INTERNAL", message="Internal error encountered.", code="INTERNAL")
    return _error(
        503, word="UNAVAILABLE", message="The service is currently unavailable.", code="UNAVAILABLE"
    )


def _examine(request: Request, exam: Examination) -> str:
    """Everything but the body. Returns the project of the path."""
    found = SEND.fullmatch(request.path)
    known = found is not None and request.method == "POST"
    exam.require("path", known, Refused(404, "HTML"), f"{request.method} {request.path}")
    unauthenticated = Refused(401, "UNAUTHENTICATED", UNAUTHENTICATED)
    scheme, _, token = request.header("authorization").partition(" ")
    exam.require("access token given", scheme.lower() == "bearer" and token, unauthenticated)
    valid = fcm_token.is_issued(token, request.account.slug, request.now)
    exam.require("access token", valid, unauthenticated, "issued here, an hour old at most")
    project = found["project"] if found else ""
    ours = fcm_token.service_account(request.account).get("project_id")
    missing = Refused(404, "NOT_FOUND", "Requested entity was not found.")
    exam.require("project", project == ours, missing, project)
    kind = request.header("content-type").partition(";")[0].strip().lower()
    wrong = Refused(400, "INVALID_ARGUMENT", f"Unsupported content type {kind!r}")
    exam.require("content type", kind == "application/json", wrong, kind)
    return project


def _refusal(refused: Refused) -> Answer:
    if refused.code == "HTML":
        return html_answer(404, "Not Found")
    if refused.code != "INVALID_ARGUMENT":
        return _error(refused.status, word=refused.code, message=refused.message)
    field, _, description = refused.message.partition(": ")
    if not description:
        return _error(
            400, word="INVALID_ARGUMENT", message=refused.message, code="INVALID_ARGUMENT"
        )
    violations = [{"field": field, "description": description}]
    detail = {"@type": BAD_REQUEST, "fieldViolations": violations}
    return _error(
        400, word="INVALID_ARGUMENT", message=description, code="INVALID_ARGUMENT", details=[detail]
    )


def _error(
    status: int,
    *,
    word: str,
    message: str,
    code: str = "",
    details: list[dict[str, Any]] | None = None,
    fault: FaultRule | None = None,
) -> Answer:
    """google.rpc.Status; `code` is FcmError's own, "" where the real one sends no such detail."""
    found = ([{"@type": FCM_ERROR, "errorCode": code}] if code else []) + (details or [])
    error: dict[str, Any] = {"code": status, "message": message, "status": word}
    if found:
        error["details"] = found
    headers = {"retry-after": f"{fault.seconds:.0f}"} if fault else {}
    return json_answer(status, {"error": error}, headers)


def _is_send(method: str, path: str) -> bool:
    return method == "POST" and SEND.fullmatch(path) is not None


SIMULATOR = Simulator(answer, misbehave, _is_send)
