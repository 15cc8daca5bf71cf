"""Firebase Cloud Messaging, HTTP v1.

https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages (read 2026-10)
"""

import re
from datetime import datetime
from typing import Any
from urllib.parse import quote

from pyfcm.baseapi import BaseAPI

from channels.answers import json_object, retry_after, status_outcome
from channels.base import (
    Account,
    Channel,
    Event,
    Field,
    HttpRequest,
    HttpResponse,
    InboundRequest,
    Outcome,
    OutcomeKind,
)
from channels.messages import PushMessage
from channels.push.fcm_payload import parts
from channels.push.google_token import parse_token, service_account, token_request
from channels.push.payload import encode

__all__ = (
    "CHANNEL",
    "FIELDS",
    "build",
    "classify",
    "parse_events",
    "parse_token",
    "token_request",
    "verify",
)

CHANNEL = Channel.PUSH
FIELDS: tuple[Field, ...] = (
    Field("service_account", "Service account (JSON)", secret=True, help="Its whole key file"),
)
API = "https://fcm.googleapis.com"
# A Firebase installation id, which new apps register instead of a token: base64 whose first four
# bits are 0111. https://firebase.google.com/docs/projects/manage-installations
INSTALLATION = re.compile(r"[c-f][A-Za-z0-9_-]{21}")
MIN_TIMEOUT = 10.0  # seconds: what its own servers take, also for an urgent message
PATIENCE = 10.0  # seconds: "wait at least 10 seconds before the first retry"

ACCEPTED, RETRY, THROTTLED = OutcomeKind.ACCEPTED, OutcomeKind.RETRY, OutcomeKind.THROTTLED
BAD, REJECTED, PAUSE = OutcomeKind.BAD_RECIPIENT, OutcomeKind.REJECTED, OutcomeKind.MISCONFIGURED

# https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode and google.rpc.Code
CODES: dict[str, tuple[OutcomeKind, str, float | None]] = {
    "UNREGISTERED": (BAD, "The app was removed from the device", None),
    "SENDER_ID_MISMATCH": (BAD, "The device token belongs to another project", None),
    "INVALID_ARGUMENT": (REJECTED, "Firebase refused the message", None),
    "UNSPECIFIED_ERROR": (REJECTED, "Firebase refused the message", None),
    "UNAUTHENTICATED": (PAUSE, "Firebase refused the access token", None),
    "PERMISSION_DENIED": (PAUSE, "The service account may not send", None),
    "NOT_FOUND": (PAUSE, "The Firebase project does not exist", None),
    # The APNs or web-push key stored at Firebase: Android of the same account keeps flowing.
    "THIRD_PARTY_AUTH_ERROR": (RETRY, "The platform key at Firebase was refused", 600.0),
    "APNS_AUTH_ERROR": (RETRY, "The platform key at Firebase was refused", 600.0),
    "QUOTA_EXCEEDED": (THROTTLED, "The Firebase quota is used up", 60.0),
    "RESOURCE_EXHAUSTED": (THROTTLED, "The Firebase quota is used up", 60.0),
    "INTERNAL": (RETRY, "Firebase has trouble", PATIENCE),
    "UNAVAILABLE": (RETRY, "Firebase has trouble", PATIENCE),
}
# For parse_payload only: its transport sleeps and recurses.
PAYLOADS = BaseAPI(credentials=object())


def build(message: PushMessage, account: Account, now: datetime) -> HttpRequest:
    project = quote(service_account(account).project, safe="")
    url = f"{account.endpoint or API}/v1/projects/{project}/messages:send"
    return HttpRequest(
        "POST",
        url,
        {"content-type": "application/json"},
        payload(message, now),
        needs_token=True,
        http2=url.startswith("https://"),  # it speaks both: one connection instead of hundreds
    )


def payload(message: PushMessage, now: datetime) -> bytes:
    """The JSON body. Raises BuildError."""
    made, address = parts(message, now), message.envelope.address
    body: bytes = PAYLOADS.parse_payload(
        fcm_token=address,
        **{f"notification_{name}": text for name, text in made.notification.items()},
        data_payload=made.data,
        android_config=made.android,
        apns_config=made.apns,
    )
    if INSTALLATION.fullmatch(address):
        value = json_object(body)
        value["message"]["fid"] = value["message"].pop("token")
        return encode(value)
    return body


def classify(response: HttpResponse) -> Outcome:
    answer = json_object(response.body)
    if response.status == 200:
        name = answer.get("name")
        if not (isinstance(name, str) and name):
            return status_outcome(response)
        return Outcome(ACCEPTED, provider_id=name)
    error = answer.get("error")
    error = error if isinstance(error, dict) else {}
    details = _details(error)
    codes = [part["errorCode"] for part in details if part.get("errorCode")]
    code = str((codes or [error.get("status")])[0])
    if code not in CODES:
        return status_outcome(response)
    if code == "INVALID_ARGUMENT" and _names_token(error, details):
        return Outcome(BAD, "The device token is not valid", code)
    kind, reason, after = CODES[code]
    if kind is THROTTLED and "device" in str(details).lower():
        kind, reason = RETRY, "Too many pushes to this device"
    if after is not None:
        after = max(retry_after(response.headers) or after, PATIENCE)
    return Outcome(kind, reason, code, after=after, repair=code == "UNAUTHENTICATED")


def verify(request: InboundRequest, account: Account, now: datetime) -> bool:
    """Firebase calls nobody back."""
    return False


def parse_events(request: InboundRequest) -> list[Event]:
    return []


def _details(error: dict[str, Any]) -> list[dict[str, Any]]:
    details = error.get("details")
    return [part for part in details if isinstance(part, dict)] if isinstance(details, list) else []


def _names_token(error: dict[str, Any], details: list[dict[str, Any]]) -> bool:
    """INVALID_ARGUMENT is about the token only when a field or the text says so."""
    fields = [part.get("fieldViolations") for part in details]
    if any(name in str(field) for field in fields for name in ("message.token", "message.fid")):
        return True
    return "registration token is not a valid" in str(error.get("message"))
