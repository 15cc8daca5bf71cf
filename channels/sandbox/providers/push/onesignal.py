"""A simulator of OneSignal's push: it knows every external id that does not begin with "nobody".

https://documentation.onesignal.com/reference/push-notification (read 2026-11)
"""

import hmac
import json
import re
from datetime import datetime
from typing import Any
from uuid import uuid4

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

PATH = "/notifications"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
MAX_DATA = 2_048  # bytes
KEPT = 1_000  # idempotency keys
NO_TEXT = "Message Notifications must have Any/English language content"
GONE = "All included players are not subscribed"


def answer(request: Request) -> Verdict:
    exam, body = Examination(), _body(request)
    try:
        _examine(request, body, exam)
        result = _taken(request, body)
    except Refused as refused:
        result = json_answer(refused.status, {"errors": [refused.message]})
    except (AttributeError, KeyError, TypeError):  # of another shape than documented
        result = json_answer(400, {"errors": ["Request body is not valid"]})
    data = body.get("data")
    return Verdict(
        answer=result,
        checks=tuple(exam.checks),
        accepted=result.status == 200 and b"invalid_aliases" not in result.body,
        recipient=_external_id(body),
        delivery_id=first_uuid(json.dumps(data)),
        message=_seen(body),
    )


def misbehave(fault: FaultRule, now: datetime) -> Answer:
    if fault.kind == "html":
        return html_answer(502, "Bad Gateway")
    if fault.kind == "throttle":
        found = json_answer(429, {"errors": ["API rate limit exceeded."]})
        return Answer(429, {**found.headers, "retry-after": f"{fault.seconds:.0f}"}, found.body)
    if fault.kind == "dead_token":
        return json_answer(200, {"id": "", "errors": [GONE]})
    if fault.kind == "bad_auth":
        return json_answer(403, {"errors": ["Access denied. Please include an Authorization key"]})
    return json_answer(fault.status, {"errors": ["Internal server error"]})


def _examine(request: Request, body: dict[str, Any], exam: Examination) -> None:
    here = (request.method, request.path) == ("POST", PATH)
    exam.require("path", here, Refused(404, "", "Not found"), request.path)
    expected = f"Key {request.account.credentials.get('api_key', '')}".encode()
    given = request.header("authorization").encode()
    denied = Refused(403, "", "Access denied.")
    exam.require("API key", hmac.compare_digest(given, expected), denied)
    app = request.account.settings.get("onesignal_app_id")
    exam.require("app_id", body.get("app_id") == app, _bad("app_id not found"), str(app))
    people = body["include_aliases"]["external_id"]
    exam.require("one person", len(people) == 1, _bad("No alias"), str(len(people)))
    exam.require("channel", body.get("target_channel") == "push", _bad("target_channel"))
    texts = body.get("contents") or {}
    silent = body.get("content_available") is True
    exam.require(
        "contents",
        silent or texts.get("en"),
        _bad(NO_TEXT),
    )
    key = str(body.get("idempotency_key", ""))
    exam.require("idempotency key", UUID.fullmatch(key), _bad("idempotency_key must be a UUID"))
    size = len(json.dumps(body.get("data")).encode())
    exam.require("data", size <= MAX_DATA, _bad("data is too large"), f"{size} of {MAX_DATA}")


def _taken(request: Request, body: dict[str, Any]) -> Answer:
    """What comes again is answered as before, and sent once."""
    who, key = _external_id(body), body["idempotency_key"]
    if who.startswith("nobody"):
        return json_answer(200, {"id": "", "errors": {"invalid_aliases": {"external_id": [who]}}})
    own = request.memory.setdefault(key, str(uuid4()))
    while len(request.memory) > KEPT:
        del request.memory[next(iter(request.memory))]
    return json_answer(200, {"id": own, "external_id": None})


def _seen(body: dict[str, Any]) -> dict[str, Any]:
    def english(name: str) -> str:
        texts = body.get(name)
        return str(texts.get("en", "")) if isinstance(texts, dict) else ""

    data = body.get("data")
    return {
        "kind": "push",
        "platform": "android",
        "app": str(body.get("app_id", "")),
        "title": english("headings"),
        "subtitle": english("subtitle"),
        "body": english("contents"),
        "image": str(body.get("big_picture", "")),
        "link": str(data.get("url", "")) if isinstance(data, dict) else "",
        "badge": body.get("ios_badgeCount"),
        "silent": body.get("content_available") is True,
        "collapse": str(body.get("collapse_id", "")),
        "urgent": body.get("priority") == 10,
    }


def _external_id(body: dict[str, Any]) -> str:
    aliases = body.get("include_aliases")
    people = aliases.get("external_id") if isinstance(aliases, dict) else None
    return str(people[0]) if isinstance(people, list) and people else ""


def _body(request: Request) -> dict[str, Any]:
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _bad(message: str) -> Refused:
    return Refused(400, "", message)


def _is_send(method: str, path: str) -> bool:
    return method == "POST" and path == PATH


SIMULATOR = Simulator(answer, misbehave, _is_send)
