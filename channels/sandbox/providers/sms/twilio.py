"""A simulator of Twilio's Messages resource.

https://www.twilio.com/docs/messaging/api/message-resource (read 2026-10)
"""

import hmac
import re
import secrets
from base64 import b64decode
from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

from twilio.request_validator import RequestValidator

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
from channels.sandbox.providers.sms import twilio_form
from channels.sandbox.providers.sms.sms_parts import encoding, parts

PATH = re.compile(r"/2010-04-01/Accounts/(?P<sid>[^/]+)/Messages(?:/(?P<message>[^/]+))?\.json")
KEPT = 1_000  # messages, for look-ups
STATUSES = (("sent", 0.3), ("delivered", 0.9))  # seconds after the message; none for `queued`


def answer(request: Request) -> Verdict:
    exam = Examination()
    try:
        _examine_account(request, exam)
        if request.method == "GET":
            return Verdict(_look_up(request), tuple(exam.checks))
        return _create(request, exam)
    except Refused as refused:
        result = error(refused.status, int(refused.code), refused.message)
        return Verdict(result, tuple(exam.checks))


def _create(request: Request, exam: Examination) -> Verdict:
    form = _form(request)
    callbacks: tuple[Callback, ...] = ()
    try:
        twilio_form.examine(request, form, exam)
        resource = _resource(request, form)
        _keep(request, resource)
        result = json_answer(201, resource)
        if form.get("StatusCallback"):
            callbacks = (_callback(request, form["StatusCallback"], resource),)
    except Refused as refused:
        result = error(refused.status, int(refused.code), refused.message)
    return Verdict(
        answer=result,
        checks=tuple(exam.checks),
        accepted=result.status == 201,
        recipient=form.get("To", ""),
        delivery_id=first_uuid(form.get("StatusCallback", "")),
        message=_seen(form),
        callbacks=callbacks,
    )


def _callback(request: Request, url: str, resource: dict[str, Any]) -> Callback:
    secret = request.account.credentials.get("auth_token", "")

    def moved(status: str) -> Post:
        resource["status"] = status
        return _signed(url, _status_form(resource, status), secret)

    steps = [(after, lambda now, status=status: moved(status)) for status, after in STATUSES]
    return Callback(url, tuple(steps))


def _keep(request: Request, resource: dict[str, Any]) -> None:
    """Newest last, so that they can be looked up."""
    request.memory[resource["sid"]] = resource
    while len(request.memory) > KEPT:
        del request.memory[next(iter(request.memory))]


def _look_up(request: Request) -> Answer:
    """One message by its sid, or those to a number on a day (`DateSent`, also `>=`)."""
    found = PATH.fullmatch(request.path)
    if found and found["message"]:
        resource = request.memory.get(found["message"])
        return json_answer(200, resource) if resource else error(404, 20404, "Not found")
    query = {key: values[0] for key, values in parse_qs(request.query).items()}
    matching = [
        resource
        for resource in reversed(request.memory.values())
        if _matches(resource, query, request.now)
    ]
    size = int(query["PageSize"]) if query.get("PageSize", "").isdecimal() else 50
    return json_answer(200, {"messages": matching[:size], "page": 0, "page_size": size})


def misbehave(fault: FaultRule, now: datetime) -> Answer:
    if fault.kind == "html":
        return html_answer(502, "Bad Gateway")
    if fault.kind == "throttle":
        found = error(429, 20429, "Too Many Requests")
        return Answer(429, {**found.headers, "retry-after": f"{fault.seconds:.0f}"}, found.body)
    if fault.kind == "dead_token":
        return error(400, 21211, "Invalid 'To' Phone Number")
    if fault.kind == "bad_auth":
        return error(401, 20003, "Authenticate")
    return error(fault.status, 20000 + fault.status, "Internal Server Error")


def error(status: int, code: int, message: str) -> Answer:
    more = f"https://www.twilio.com/docs/errors/{code}"
    value = {"code": code, "message": message, "more_info": more, "status": status}
    return json_answer(status, value)


def _examine_account(request: Request, exam: Examination) -> None:
    found = PATH.fullmatch(request.path)
    missing = Refused(404, "20404", f"The requested resource {request.path} was not found")
    exam.require("path", found and request.method in ("GET", "POST"), missing, request.path)
    refused = Refused(401, "20003", "Authenticate")
    scheme, _, encoded = request.header("authorization").partition(" ")
    exam.require("Basic credentials given", scheme.lower() == "basic" and encoded, refused)
    user, secret = _basic(encoded)
    keys = request.account.credentials
    known = [(keys.get("account_sid"), keys.get("auth_token"))]
    known.append((keys.get("api_key_sid"), keys.get("api_key_secret")))
    right = [_same(user, name) and _same(secret, word) for name, word in known if name and word]
    exam.require("credentials", any(right), refused, user)
    sid = found["sid"] if found else ""
    exam.require("account of the path", sid == keys.get("account_sid"), refused, sid)


def _resource(request: Request, form: dict[str, str]) -> dict[str, Any]:
    account_sid = request.account.credentials.get("account_sid", "")
    sid = ("MM" if form.get("MediaUrl") else "SM") + secrets.token_hex(16)
    stamp = format_datetime(request.now)
    uri = f"/2010-04-01/Accounts/{account_sid}/Messages/{sid}.json"
    return {
        "account_sid": account_sid,
        "api_version": "2010-04-01",
        "body": form.get("Body", ""),
        "date_created": stamp,
        "date_sent": None,
        "date_updated": stamp,
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": form.get("From") or None,
        "messaging_service_sid": form.get("MessagingServiceSid") or None,
        "num_media": "1" if form.get("MediaUrl") else "0",
        "num_segments": str(parts(form.get("Body", ""))),
        "price": None,
        "price_unit": "USD",
        "sid": sid,
        "status": "accepted" if form.get("MessagingServiceSid") else "queued",
        "subresource_uris": {"media": uri.replace(".json", "/Media.json")},
        "to": form["To"],
        "uri": uri,
    }


def _status_form(resource: dict[str, Any], status: str) -> dict[str, str]:
    return {
        "AccountSid": resource["account_sid"],
        "ApiVersion": "2010-04-01",
        "From": resource["from"] or "",
        "MessageSid": resource["sid"],
        "SmsSid": resource["sid"],
        "To": resource["to"],
        "MessageStatus": status,
        "SmsStatus": status,
    }


def _signed(url: str, form: dict[str, str], secret: str) -> Post:
    signature = RequestValidator(secret).compute_signature(url.partition("#")[0], form)
    headers = {"X-Twilio-Signature": signature, "User-Agent": "TwilioProxy/1.1"}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    return Post(headers, urlencode(form).encode())


def _seen(form: dict[str, str]) -> dict[str, Any]:
    body = form.get("Body", "")
    sender = form.get("From") or form.get("MessagingServiceSid", "")
    kind = {"kind": "sms", "from": sender, "body": body}
    return {**kind, "parts": parts(body), "encoding": encoding(body)}


def _matches(resource: dict[str, Any], query: dict[str, str], now: datetime) -> bool:
    """The newest messages are all of today or yesterday: an earlier `DateSent>` takes them all."""
    day = query.get("DateSent", "")[:10]
    since = (query.get("DateSent>") or query.get("DateSent>=") or "")[:10]
    if day and day != now.date().isoformat():
        return False
    if since and since > now.date().isoformat():
        return False
    pairs = (("To", "to"), ("From", "from"))
    return all(resource[mine] == query[name] for name, mine in pairs if name in query)


def _basic(encoded: str) -> tuple[str, str]:
    try:
        user, _, secret = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return user, secret


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _form(request: Request) -> dict[str, str]:
    text = request.body.decode("utf-8", "replace")
    return {key: values[0] for key, values in parse_qs(text, max_num_fields=200).items()}


def _is_send(method: str, path: str) -> bool:
    return method == "POST" and PATH.fullmatch(path) is not None


SIMULATOR = Simulator(answer, misbehave, _is_send)
