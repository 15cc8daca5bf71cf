"""A simulator of a browser's push service, and of the browser behind it.

`POST /subscribe` is the browser's part: it makes a subscription. Its private key is not kept but
made again from its name, so that it outlives a restart. `POST /push/<name>` is the service's, as
in https://autopush.readthedocs.io/en/latest/http.html (read 2026-11); what it takes, the browser
decrypts.
"""

import hmac
import re
import secrets
from binascii import Error as NotBase64
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

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
from channels.sandbox.providers.web_push.browser import (
    decoded,
    decrypt,
    private_key,
    public_point,
    unpadded,
)

SUBSCRIBE, PUSH = "/subscribe", "/push/"
NAME = re.compile(r"[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{16}")  # chance, and whose key it is tied to
MAX_BODY = 4096
DAY = 86_400
VAPID = re.compile(r"vapid t=([\w.-]+), ?k=([\w-]+)")
ANYBODY = {"access-control-allow-origin": "*"}  # pages subscribe from their own origin
ERRNO = {"TTL": 111, "VAPID": 109, "Topic": 113, "Urgency": 110, "subscription": 102, "size": 104}


def answer(request: Request) -> Verdict:
    if request.path == SUBSCRIBE:
        return Verdict(_subscribed(request))
    name = request.path.removeprefix(PUSH)
    exam = Examination()
    payload: dict[str, Any] = {}
    try:
        _examine(request, name, exam)
        payload = json_object(_read(request, name, exam))
        place = f"{request.account.endpoint}/message/{secrets.token_urlsafe(12)}"
        result = Answer(201, {"location": place, "ttl": request.header("ttl")})
    except Refused as refused:
        result = _refusal(refused.status, refused.code)
    return Verdict(
        answer=result,
        checks=tuple(exam.checks),
        accepted=result.status == 201,
        recipient=name,
        delivery_id=first_uuid(str(payload.get("id", ""))),
        message=_seen(request, payload),
    )


def misbehave(fault: FaultRule, now: datetime) -> Answer:
    if fault.kind == "html":
        return html_answer(502, "Bad Gateway")
    status, code = {
        "throttle": (429, "too many messages"),
        "error": (fault.status, "trouble"),
        "dead_token": (410, "the subscription has ended"),
        "bad_auth": (401, "VAPID"),
    }[fault.kind]
    found = _refusal(status, code)
    if status != 429:
        return found
    return Answer(status, {**found.headers, "retry-after": f"{fault.seconds:.0f}"}, found.body)


def _subscribed(request: Request) -> Answer:
    """As `PushManager.subscribe()`: tied to the key that the page gives."""
    if request.method != "POST":
        return json_answer(405, {"error": "POST {applicationServerKey}"}, ANYBODY)
    server_key = json_object(request.body).get("applicationServerKey")
    if not isinstance(server_key, str) or len(server_key) != 87:
        return json_answer(400, {"error": "applicationServerKey has 65 bytes"}, ANYBODY)
    name = f"{secrets.token_urlsafe(16)}.{_mark(server_key)}"
    key, auth = _browser(request, name)
    keys = {"p256dh": unpadded(public_point(key)), "auth": unpadded(auth)}
    endpoint = f"{request.account.endpoint}{PUSH}{name}"
    value = {"endpoint": endpoint, "expirationTime": None, "keys": keys}
    return json_answer(201, value, ANYBODY)


def _browser(request: Request, name: str) -> tuple[ec.EllipticCurvePrivateKey, bytes]:
    """The key pair and secret of one subscription."""
    seed = request.account.credentials.get("private_key", "").encode()
    number = hmac.digest(seed, b"browser:" + name.encode(), "sha256")
    return private_key(b"\x01" + number[1:]), hmac.digest(seed, name.encode(), "sha256")[:16]


def _mark(server_key: str) -> str:
    return unpadded(sha256(server_key.encode()).digest()[:12])


def _examine(request: Request, name: str, exam: Examination) -> None:
    exam.require("method", request.method == "POST", Refused(405, "method"))
    gone = Refused(404, "subscription")
    exam.require("subscription", NAME.fullmatch(name), gone, "made at /subscribe")
    _examine_vapid(request, name, exam)
    ttl = request.header("ttl")
    exam.require("TTL", ttl.isascii() and ttl.isdecimal(), Refused(400, "TTL"), ttl or "missing")
    urgency = request.header("urgency") or "normal"
    known = urgency in ("very-low", "low", "normal", "high")
    exam.require("Urgency", known, Refused(400, "Urgency"), urgency)
    topic = request.header("topic")
    plain = re.fullmatch(r"[\w-]{0,32}", topic, re.ASCII) and len(topic) % 4 != 1
    exam.require("Topic", plain, Refused(400, "Topic"), topic)
    encodings = [value for key, value in request.headers if key == "content-encoding"]
    encoded = encodings == ["aes128gcm"]
    exam.require("Content-Encoding", encoded, Refused(400, "encoding"), ", ".join(encodings))
    size = len(request.body)
    exam.require("size", size <= MAX_BODY, Refused(413, "size"), f"{size} of {MAX_BODY} bytes")


def _examine_vapid(request: Request, name: str, exam: Examination) -> None:
    """Whose message it is: the key that the browser tied the subscription to."""
    found = VAPID.fullmatch(request.header("authorization"))
    refused = Refused(401, "VAPID")
    exam.require("VAPID given", found, refused, "vapid t=…, k=…")
    token, server_key = found.groups() if found else ("", "")
    tied = _mark(server_key) == name.partition(".")[2]
    exam.require("subscribed with this key", tied, Refused(403, "VapidPkHashMismatch"))
    options: Any = {"verify_aud": False, "verify_exp": False}
    try:
        point = decoded(server_key)
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        claims = jwt.decode(token, key, ["ES256"], options=options)
    except (jwt.PyJWTError, ValueError, NotBase64) as error:
        exam.require("VAPID signature", False, refused, str(error)[:200])
        return
    exam.require("VAPID signature", True, refused)
    parts = urlsplit(request.account.endpoint)
    origin = f"{parts.scheme}://{parts.netloc}"
    exam.require("VAPID aud", claims.get("aud") == origin, refused, str(claims.get("aud"))[:200])
    left = claims["exp"] - request.now.timestamp() if _is_number(claims.get("exp")) else -1
    exam.require("VAPID exp", 0 < left <= DAY, refused, f"{left:.0f} s from now")
    subject = str(claims.get("sub", ""))
    contact = re.fullmatch(r"mailto:[^\s<>]+@[^\s<>]+|https://\S+", subject)
    exam.require("VAPID sub", contact and "localhost" not in subject, refused, subject[:200])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _read(request: Request, name: str, exam: Examination) -> bytes:
    """The push service cannot look inside, and takes what no browser can read."""
    try:
        text = decrypt(request.body, *_browser(request, name))
    except ValueError as error:
        exam.advise("the browser can decrypt it", False, str(error)[:200])
        return b""
    exam.advise("the browser can decrypt it", True)
    exam.advise("shows something", json_object(text).get("title"), "browsers want a title")
    return text


def _refusal(status: int, what: str) -> Answer:
    value = {"code": status, "errno": ERRNO.get(what, 999), "error": what, "message": what}
    return json_answer(status, value)


def _seen(request: Request, payload: dict[str, Any]) -> dict[str, Any]:
    shown = {name: str(payload.get(name, "")) for name in ("title", "body", "image", "icon")}
    return {
        **shown,
        "kind": "push",
        "platform": "web",
        "app": request.account.slug,
        "link": str(payload.get("url", "")),
        "payload": payload,
        "silent": False,
        "collapse": request.header("topic"),
        "urgent": request.header("urgency") == "high",
    }


def _is_send(method: str, path: str) -> bool:
    return method == "POST" and path.startswith(PUSH)


SIMULATOR = Simulator(answer, misbehave, _is_send)
