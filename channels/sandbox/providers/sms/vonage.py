"""A simulator of Vonage's SMS API, with its signed delivery receipts.

https://developer.vonage.com/en/api/sms (read 2026-11)
"""

import hashlib
import hmac
import json
import re
import secrets
from base64 import b64decode
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

from channels.sandbox.kit.faults import FaultRule
from channels.sandbox.kit.values import (
    Answer,
    Callback,
    Examination,
    Post,
    Refused,
    Request,
    Simulator,
    Verdict,
    first_uuid,
    html_answer,
    json_answer,
)
from channels.sandbox.providers.sms.sms_parts import encoding, parts

PATH = "/sms/json"
NUMBER = re.compile(r"\d{7,15}")
SENDER = re.compile(r"\d{3,15}|[A-Za-z0-9 ]{1,11}")
LIFETIME = range(20_000, 604_800_001)  # milliseconds
LONGEST_REFERENCE, LONGEST_CALLBACK = 40, 100  # characters
TEXTS = {
    "1": "Throughput Rate Exceeded - please wait and retry",
    "4": "Bad Credentials",
    "33": "Number De-activated",
}
STORY = (("accepted", 0.3), ("delivered", 0.9))  # seconds after the message


def answer(request: Request) -> Verdict:
    exam, form = Examination(), _form(request)
    callbacks: tuple[Callback, ...] = ()
    try:
        _examine(request, form, exam)
        ids = [secrets.token_hex(8).upper() for _ in range(parts(form["text"]))]
        result = _taken(form, ids)
        callbacks = _receipts(request, form, ids)
    except Refused as refused:
        result = refusal(refused.code, refused.message)
    return Verdict(
        answer=result,
        checks=tuple(exam.checks),
        accepted=b'"status": "0"' in result.body,
        recipient=f"+{form.get('to', '')}",
        delivery_id=first_uuid(form.get("client-ref", "")),
        message=_seen(form),
        callbacks=callbacks,
    )


def misbehave(fault: FaultRule, now: datetime) -> Answer:
    if fault.kind == "html":
        return html_answer(502, "Bad Gateway")
    codes = {"throttle": "1", "dead_token": "33", "bad_auth": "4"}
    if code := codes.get(fault.kind):
        return refusal(code, TEXTS[code])
    return html_answer(fault.status, "Internal Server Error")


def refusal(code: str, text: str) -> Answer:
    """Returns a refusal as Vonage sends it: always with HTTP status 200."""
    found = [{"status": code, "error-text": text}]
    return json_answer(200, {"message-count": "1", "messages": found})


def _taken(form: dict[str, str], ids: list[str]) -> Answer:
    own = {"to": form["to"], "status": "0", "remaining-balance": "3.14", "message-price": "0.0333"}
    found = [{**own, "message-id": id_, "network": "12345"} for id_ in ids]
    return json_answer(200, {"message-count": str(len(ids)), "messages": found})


def _examine(request: Request, form: dict[str, str], exam: Examination) -> None:
    here = request.method == "POST" and request.path == PATH
    exam.require("path", here, Refused(404, "3", "Not found"), request.path)
    exam.require("credentials", _is_known(request), Refused(200, "4", TEXTS["4"]))
    for name in ("to", "from", "text"):
        exam.require(f"{name} given", form.get(name), Refused(200, "2", f"Missing {name} param"))
    to, origin = form["to"], form["from"]
    exam.require("to", NUMBER.fullmatch(to), Refused(200, "3", "Invalid to param"), to)
    bad = Refused(200, "15", "Illegal Sender Address - rejected")
    exam.require("from", SENDER.fullmatch(origin), bad, origin)
    kind = form.get("type", "text")
    known = kind in ("text", "unicode")
    exam.require("type", known, Refused(200, "3", "Invalid type param"), kind)
    lost = kind == "text" and encoding(form["text"]) != "GSM-7"
    exam.advise("type fits the text", not lost, "letters outside GSM-7 become question marks")
    life = form.get("ttl", "20000")
    lasting = life.isdecimal() and int(life) in LIFETIME
    exam.require("ttl", lasting, Refused(200, "3", "Invalid ttl param"), life)
    own = form.get("client-ref", "")
    short = len(own) <= LONGEST_REFERENCE
    exam.require("client-ref", short, Refused(200, "3", "Invalid client-ref param"), own)
    url = form.get("callback", "")
    valid = not url or (url.startswith(("http://", "https://")) and len(url) <= LONGEST_CALLBACK)
    exam.require("callback", valid, Refused(200, "23", "Invalid Callback Url"), url)


def _is_known(request: Request) -> bool:
    keys = request.account.credentials
    expected = f"{keys.get('api_key', '')}:{keys.get('api_secret', '')}"
    scheme, _, encoded = request.header("authorization").partition(" ")
    try:
        given = b64decode(encoded, validate=True)
    except ValueError:
        return False
    return scheme.lower() == "basic" and hmac.compare_digest(given, expected.encode())


def _receipts(request: Request, form: dict[str, str], ids: list[str]) -> tuple[Callback, ...]:
    """One of each part and status."""
    url, secret = form.get("callback", ""), request.account.credentials.get("signature_secret", "")
    if not (url and secret):
        return ()
    own = {
        "msisdn": form["to"],
        "to": form["from"],
        "network-code": "12345",
        "price": "0.03330000",
        "err-code": "0",
        "api-key": request.account.credentials.get("api_key", ""),
        "client-ref": form.get("client-ref", ""),
    }
    steps = [
        (after, partial(_signed, {**own, "messageId": id_, "status": status}, secret))
        for status, after in STORY
        for id_ in ids
    ]
    return (Callback(url, tuple(steps)),)


def _signed(receipt: dict[str, Any], secret: str, now: datetime) -> Post:
    """https://developer.vonage.com/en/getting-started/concepts/signing-messages"""
    sent = {
        **receipt,
        "scts": f"{now:%y%m%d%H%M}",
        "message-timestamp": f"{now:%Y-%m-%d %H:%M:%S}",
        "timestamp": str(int(now.timestamp())),
        "nonce": str(uuid4()),
    }
    masked = {name: re.sub("[&=]", "_", value) for name, value in sent.items()}
    text = "".join(f"&{name}={value}" for name, value in sorted(masked.items()))
    sent["sig"] = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest().upper()
    return Post({"Content-Type": "application/json"}, json.dumps(sent).encode())


def _seen(form: dict[str, str]) -> dict[str, Any]:
    body = form.get("text", "")
    own = {"kind": "sms", "from": form.get("from", ""), "body": body}
    return {**own, "parts": parts(body), "encoding": encoding(body)}


def _form(request: Request) -> dict[str, str]:
    text = request.body.decode("utf-8", "replace")
    return {name: values[0] for name, values in parse_qs(text, max_num_fields=100).items()}


def _is_send(method: str, path: str) -> bool:
    return method == "POST" and path == PATH


SIMULATOR = Simulator(answer, misbehave, _is_send)
