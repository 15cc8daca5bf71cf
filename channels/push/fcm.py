"""Firebase Cloud Messaging, HTTP v1.

https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages (read 2026-10)
"""

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
    Lane,
    MessageTooLarge,
    Outcome,
    OutcomeKind,
)
from channels.messages import PushMessage
from channels.push.fitting import collapse_id, shorten
from channels.push.google_token import parse_token, service_account, token_request

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
MAX_DATA = 4096  # bytes of keys and values
MAX_TTL = 2_419_200  # seconds: four weeks
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
    """The JSON body, its text shortened to what Firebase takes. Raises MessageTooLarge."""
    data = {**message.data, "delivery_id": message.envelope.delivery_id}
    if message.link:
        data["link"] = message.link
    shown = {} if message.silent else _notification(message)
    room = MAX_DATA - sum(map(_size, (*data, *data.values(), *shown.values())))
    if room < 0 and shown:
        text = shown["notification_body"]
        shown["notification_body"] = shorten(text, _size(text) + room)
        room += _size(text) - _size(shown["notification_body"])
    if room < 0:
        raise MessageTooLarge(f"{MAX_DATA} bytes")
    body: bytes = PAYLOADS.parse_payload(
        fcm_token=message.envelope.address,
        data_payload=data,
        android_config=_android(message, now),
        apns_config=_apns(message),
        **shown,
    )
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
    if any("message.token" in str(field) for field in fields):
        return True
    return "registration token is not a valid" in str(error.get("message"))


def _notification(message: PushMessage) -> dict[str, str]:
    return {
        "notification_title": message.title,
        "notification_body": message.body,
        "notification_image": message.image_url,
    }


def _android(message: PushMessage, now: datetime) -> dict[str, Any]:
    ttl = int((message.envelope.expires_at - now).total_seconds())
    high = message.envelope.lane is not Lane.BULK and not message.silent
    config: dict[str, Any] = {"priority": "HIGH" if high else "NORMAL"}
    config["ttl"] = f"{min(max(ttl, 0), MAX_TTL)}s"
    shown: dict[str, Any] = {} if message.silent else {"sound": message.sound or "default"}
    if message.envelope.collapse_key:
        config["collapseKey"] = message.envelope.collapse_key
        shown["tag"] = message.envelope.collapse_key
    if message.badge is not None:
        shown["notificationCount"] = message.badge
    if not message.silent:
        config["notification"] = shown
    return config


def _apns(message: PushMessage) -> dict[str, Any]:
    """For an iPhone behind Firebase."""
    headers = {"apns-expiration": str(int(message.envelope.expires_at.timestamp()))}
    if message.envelope.collapse_key:
        headers["apns-collapse-id"] = collapse_id(message.envelope.collapse_key)
    if message.silent:
        headers |= {"apns-priority": "5", "apns-push-type": "background"}
        return {"headers": headers, "payload": {"aps": {"content-available": 1}}}
    aps: dict[str, Any] = {"sound": message.sound or "default"}
    if message.badge is not None:
        aps["badge"] = message.badge
    return {"headers": headers, "payload": {"aps": aps}}


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
