"""A simulator of Apple's push service: what it checks, in its order, and its responses.

https://developer.apple.com/documentation/usernotifications (read 2026-10)
"""

import re
from collections import Counter
from datetime import datetime
from typing import Any
from uuid import uuid4

import jwt

from channels.answers import json_object
from channels.sandbox.kit.faults import FaultRule
from channels.sandbox.kit.keys import public_key
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

# push type → suffix of the topic
TYPES = {
    "alert": "",
    "background": "",
    "liveactivity": ".push-type.liveactivity",
    "voip": ".voip",
    "location": ".location-query",
    "complication": ".complication",
    "fileprovider": ".pushkit.fileprovider",
    "pushtotalk": ".voip-ptt",
}
LIMITS = {"voip": 5120}  # bytes of payload; 4096 for the rest
LIMIT = 4096
TOKEN_AGE = 3600  # seconds
DEVICE = "/3/device/"
ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
HEX = re.compile(r"([0-9a-fA-F]{2}){8,100}")


def answer(request: Request) -> Verdict:
    exam = Examination()
    push_id = request.header("apns-id")
    push_id = push_id if ID.fullmatch(push_id) else str(uuid4())
    token = request.path.removeprefix(DEVICE)
    try:
        _examine(request, token, exam)
        result = Answer(200, {"apns-id": push_id, "apns-unique-id": str(uuid4())})
    except Refused as refused:
        result = _refusal(refused.status, refused.code, push_id)
    payload = json_object(request.body)
    return Verdict(
        answer=result,
        checks=tuple(exam.checks),
        accepted=result.status == 200,
        recipient=token,
        delivery_id=first_uuid(str(payload.get("delivery_id", ""))) or first_uuid(push_id),
        message=_seen(request, payload),
    )


def misbehave(fault: FaultRule, now: datetime) -> Answer:
    if fault.kind == "html":
        return html_answer(502, "Bad Gateway")
    error = (500, "InternalServerError") if fault.status == 500 else (503, "ServiceUnavailable")
    status, reason = {
        "throttle": (429, "TooManyRequests"),
        "error": error,
        "dead_token": (410, "Unregistered"),
        "bad_auth": (403, "InvalidProviderToken"),
    }[fault.kind]
    found = _refusal(status, reason, str(uuid4()), now)
    if status != 429:
        return found
    return Answer(status, {**found.headers, "retry-after": f"{fault.seconds:.0f}"}, found.body)


def _refusal(status: int, reason: str, push_id: str, now: datetime | None = None) -> Answer:
    value: dict[str, Any] = {"reason": reason}
    if status == 410 and now:
        value["timestamp"] = int(now.timestamp() * 1000)
    return json_answer(status, value, {"apns-id": push_id})


def _examine(request: Request, token: str, exam: Examination) -> None:
    exam.require("path", request.path.startswith(DEVICE), Refused(404, "BadPath"), request.path)
    exam.require("method", request.method == "POST", Refused(405, "MethodNotAllowed"))
    exam.require("device token given", token, Refused(400, "MissingDeviceToken"))
    twice = [
        name for name, count in Counter(key for key, _ in request.headers).items() if count > 1
    ]
    exam.require("headers once each", not twice, Refused(400, "DuplicateHeaders"), ", ".join(twice))
    _examine_token(request, exam)
    _examine_headers(request, exam)
    _examine_topic(request, exam)
    exam.require(
        "device token", HEX.fullmatch(token), Refused(400, "BadDeviceToken"), "hexadecimal"
    )
    _examine_payload(request, exam)


def _examine_token(request: Request, exam: Examination) -> None:
    """The provider token: ES256 by the account's key, its key id and team, an hour old at most."""
    scheme, _, token = request.header("authorization").partition(" ")
    given = scheme.lower() == "bearer" and token
    exam.require("provider token given", given, Refused(403, "MissingProviderToken"))
    invalid = Refused(403, "InvalidProviderToken")
    account = {**request.account.settings, **request.account.credentials}
    try:
        head = jwt.get_unverified_header(token)
        key = public_key(account.get("key", ""))
        claims = jwt.decode(token, key, ["ES256"], options={"verify_iat": False})
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        exam.require("provider token's signature", False, invalid, str(error)[:200])
        return
    exam.require("provider token's signature", True, invalid)
    exam.require("key id", head.get("kid") == account.get("key_id"), invalid, "header kid")
    exam.require("team id", claims.get("iss") == account.get("team_id"), invalid, "claim iss")
    issued = claims.get("iat")
    exam.require("issued at", isinstance(issued, int), invalid, "claim iat, seconds")
    age = request.now.timestamp() - float(issued or 0)
    exam.require("not from the future", age > -300, invalid, f"{age:.0f} s old")
    expired = Refused(403, "ExpiredProviderToken")
    exam.require("token's age", age <= TOKEN_AGE, expired, f"{age:.0f} s old, {TOKEN_AGE} at most")


def _examine_headers(request: Request, exam: Examination) -> None:
    push_id, kind = request.header("apns-id"), request.header("apns-push-type")
    exam.require("apns-id", not push_id or ID.fullmatch(push_id), Refused(400, "BadMessageId"))
    exam.advise("apns-push-type given", kind, "iOS 13 and watchOS 6 want it")
    known = kind in TYPES or not kind
    exam.require("apns-push-type", known, Refused(400, "InvalidPushType"), kind)
    priority = request.header("apns-priority") or "10"
    allowed = priority in ("1", "5", "10") and not (kind == "background" and priority == "10")
    exam.require("apns-priority", allowed, Refused(400, "BadPriority"), priority)
    expires = request.header("apns-expiration")
    plain = not expires or (expires.isascii() and expires.isdecimal())
    exam.require("apns-expiration", plain, Refused(400, "BadExpirationDate"), expires)
    collapse = len(request.header("apns-collapse-id").encode("utf-8", "replace"))
    exam.require(
        "apns-collapse-id", collapse <= 64, Refused(400, "BadCollapseId"), f"{collapse} of 64 bytes"
    )


def _examine_topic(request: Request, exam: Examination) -> None:
    topic = request.header("apns-topic")
    exam.require("topic given", topic, Refused(400, "MissingTopic"))
    exam.require("topic", re.fullmatch(r"[\w.-]+", topic), Refused(400, "BadTopic"), topic)
    account = {**request.account.settings, **request.account.credentials}
    ours = f"{account.get('topic', '')}{TYPES.get(request.header('apns-push-type'), '')}"
    exam.require("topic is the team's", topic == ours, Refused(400, "TopicDisallowed"), topic)


def _examine_payload(request: Request, exam: Examination) -> None:
    kind = request.header("apns-push-type")
    exam.require("payload given", request.body, Refused(400, "PayloadEmpty"))
    size, limit = len(request.body), LIMITS.get(kind, LIMIT)
    exam.require("size", size <= limit, Refused(413, "PayloadTooLarge"), f"{size} of {limit} bytes")
    payload = json_object(request.body)
    aps = payload.get("aps")
    # Apple has no word of its own for JSON it cannot read.
    exam.require("JSON with aps", isinstance(aps, dict), Refused(400, "PayloadEmpty"))
    shown = {"alert", "badge", "sound"} & aps.keys() if isinstance(aps, dict) else set()
    if kind == "background":
        exam.advise("background shows nothing", not shown, f"aps has {', '.join(sorted(shown))}")
    else:
        exam.advise("alert shows something", shown, "no alert, badge or sound: devices drop it")


def _seen(request: Request, payload: dict[str, Any]) -> dict[str, Any]:
    aps = payload.get("aps")
    aps = aps if isinstance(aps, dict) else {}
    alert = aps.get("alert")
    texts = alert if isinstance(alert, dict) else {"body": alert or ""}
    return {
        "kind": "push",
        "platform": "ios",
        "app": request.header("apns-topic"),
        "title": str(texts.get("title", "")),
        "subtitle": str(texts.get("subtitle", "")),
        "body": str(texts.get("body", "")),
        "image": str(payload.get("image", "")),
        "link": str(payload.get("url", "")),
        "badge": aps.get("badge"),
        "silent": not alert,
        "collapse": request.header("apns-collapse-id"),
        "urgent": request.header("apns-priority") in ("", "10"),
    }


def _is_send(method: str, path: str) -> bool:
    return method == "POST" and path.startswith(DEVICE)


SIMULATOR = Simulator(answer, misbehave, _is_send)
