"""A simulator of Slack's incoming webhooks, whose responses are a single word of plain text.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks (read 2026-11)
"""

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
)

PLAIN = {"content-type": "text/html"}  # so says Slack
MOST_BLOCKS = 50
MAX_TEXT = 40_000
ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def answer(request: Request) -> Verdict:
    exam = Examination()
    value = json_object(request.body)
    try:
        _examine(request, value, exam)
        result = _said(200, "ok")
    except Refused as refused:
        result = _said(refused.status, refused.code)
    return Verdict(
        answer=result,
        checks=tuple(exam.checks),
        accepted=result.status == 200,
        recipient=request.path,
        delivery_id=first_uuid(request.header("x-delivery-id")),
        message={"kind": "slack", "text": _plain(str(value.get("text", "")))},
    )


def misbehave(fault: FaultRule, now: datetime) -> Answer:
    if fault.kind == "html":
        return html_answer(502, "Bad Gateway")
    status, word = {
        "throttle": (429, "rate_limited"),
        "error": (fault.status, "rollup_error"),
        "dead_token": (404, "no_service"),
        "bad_auth": (403, "invalid_token"),
    }[fault.kind]
    found = _said(status, word)
    if status != 429:
        return found
    return Answer(status, {**PLAIN, "retry-after": f"{fault.seconds:.0f}"}, found.body)


def _examine(request: Request, value: dict[str, Any], exam: Examination) -> None:
    exam.require("method", request.method == "POST", Refused(405, "method"))
    exam.require("JSON", value, Refused(400, "invalid_payload"))
    text, blocks = value.get("text"), value.get("blocks", [])
    exam.require("text or blocks", text or blocks, Refused(400, "no_text"))
    exam.advise("text", isinstance(text, str) and text, "what lists and lock screens show")
    fits = isinstance(blocks, list) and len(blocks) <= MOST_BLOCKS
    typed = fits and all(isinstance(block, dict) and block.get("type") for block in blocks)
    exam.require("blocks", typed, Refused(400, "invalid_blocks"))
    exam.advise("length", len(str(text)) <= MAX_TEXT, "Slack cuts it off")


def _said(status: int, word: str) -> Answer:
    return Answer(status, PLAIN, word.encode())


def _plain(text: str) -> str:
    for entity, character in ENTITIES:
        text = text.replace(entity, character)
    return text


def _is_send(method: str, path: str) -> bool:
    return method == "POST"


SIMULATOR = Simulator(answer, misbehave, _is_send)
