"""A customer's receiver of webhooks, as their developers would write it with the library of
https://www.standardwebhooks.com (read 2026-11). The account's `secret` is the endpoint's."""

from datetime import datetime
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

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

ADVISED = 20_000  # bytes


def answer(request: Request) -> Verdict:
    exam = Examination()
    value = json_object(request.body)
    try:
        _examine(request, value, exam)
        result = json_answer(200, {"received": True})
    except Refused as refused:
        result = json_answer(refused.status, {"error": refused.code})
    return Verdict(
        answer=result,
        checks=tuple(exam.checks),
        accepted=result.status == 200,
        recipient=request.path,
        delivery_id=first_uuid(request.header("webhook-id")),
        message={"kind": "webhook", "text": str(value.get("type", "")), "data": value.get("data")},
    )


def misbehave(fault: FaultRule, now: datetime) -> Answer:
    if fault.kind == "html":
        return html_answer(502, "Bad Gateway")
    status, code = {
        "throttle": (429, "slow down"),
        "error": (fault.status, "trouble"),
        "dead_token": (410, "gone"),
        "bad_auth": (401, "signature"),
    }[fault.kind]
    headers = {"retry-after": f"{fault.seconds:.0f}"} if status == 429 else None
    return json_answer(status, {"error": code}, headers)


def _examine(request: Request, value: dict[str, Any], exam: Examination) -> None:
    exam.require("method", request.method == "POST", Refused(405, "method"))
    kind = request.header("content-type").partition(";")[0].strip()
    exam.require("JSON", kind == "application/json" and value, Refused(400, "body"), kind)
    _examine_signature(request, exam)
    for name, type_ in (("type", str), ("timestamp", str), ("data", dict)):
        exam.require(f"body has {name}", isinstance(value.get(name), type_), Refused(400, name))
    size = len(request.body)
    exam.advise("size", size <= ADVISED, f"{size} bytes; {ADVISED} are advised")


def _examine_signature(request: Request, exam: Examination) -> None:
    secret = request.account.credentials.get("secret", "")
    exam.advise("secret known", secret, "give this receiver's account the webhook's secret")
    if not secret:
        return
    refused = Refused(401, "signature")
    try:
        headers = {name: value for name, value in request.headers if name.startswith("webhook-")}
        Webhook(secret).verify(request.body, headers)
    except (WebhookVerificationError, ValueError) as error:
        exam.require("signature", False, refused, str(error)[:200])
    exam.require("signature", True, refused)


def _is_send(method: str, path: str) -> bool:
    return method == "POST"


SIMULATOR = Simulator(answer, misbehave, _is_send)
