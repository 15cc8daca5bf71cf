"""Apple Push Notification service, token based.

https://developer.apple.com/documentation/usernotifications (read 2026-10)
"""

from datetime import UTC, datetime
from urllib.parse import quote

from channels.answers import json_object, status_outcome
from channels.base import (
    Account,
    BuildError,
    Channel,
    Event,
    Field,
    HttpRequest,
    HttpResponse,
    InboundRequest,
    Lane,
    Outcome,
    OutcomeKind,
)
from channels.messages import PushMessage
from channels.push.payload import collapse_id, payload, priority, push_type
from channels.signatures import es256_jwt, window_start

CHANNEL = Channel.PUSH
FIELDS: tuple[Field, ...] = (
    Field("key", "Signing key (.p8)", secret=True, help="PKCS#8 PEM, from the developer account"),
    Field("key_id", "Key id", help="10 characters"),
    Field("team_id", "Team id", help="10 characters"),
    Field("topic", "Topic", help="The app's bundle id", setting=True),
    Field("environment", "Environment", help="production or sandbox", setting=True),
)
HOSTS = {
    "production": "https://api.push.apple.com",
    "sandbox": "https://api.sandbox.push.apple.com",
}
JWT_WINDOW = 45 * 60  # seconds: refused after 60 minutes, and when minted within 20
TROUBLE = 15 * 60.0  # seconds: "retry after 15 minutes" for a 5xx

RETRY, THROTTLED = OutcomeKind.RETRY, OutcomeKind.THROTTLED
BAD, REJECTED, PAUSE = OutcomeKind.BAD_RECIPIENT, OutcomeKind.REJECTED, OutcomeKind.MISCONFIGURED

# https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns
CODES: dict[str, tuple[OutcomeKind, str, float | None]] = {
    "BadDeviceToken": (BAD, "The device token is not valid", None),
    "DeviceTokenNotForTopic": (BAD, "The device token belongs to another app", None),
    "Unregistered": (BAD, "The app was removed from the device", None),
    "ExpiredToken": (BAD, "The device token has expired", None),
    **dict.fromkeys(
        (
            *("BadCollapseId", "BadExpirationDate", "BadMessageId", "BadPriority", "BadPath"),
            *("DuplicateHeaders", "InvalidPushType", "PayloadEmpty", "MissingDeviceToken"),
            "MethodNotAllowed",
        ),
        (REJECTED, "The push request was malformed", None),
    ),
    "Forbidden": (REJECTED, "The push was refused", None),
    "PayloadTooLarge": (REJECTED, "The push is too large", None),
    **dict.fromkeys(
        ("BadTopic", "MissingTopic", "TopicDisallowed"),
        (PAUSE, "The app's topic was refused", None),
    ),
    "ExpiredProviderToken": (PAUSE, "The push token has expired; is the clock right?", None),
    "UnrelatedKeyIdInToken": (PAUSE, "The connection belongs to another key", None),
    **dict.fromkeys(
        (
            *("InvalidProviderToken", "MissingProviderToken"),
            *("BadCertificate", "BadCertificateEnvironment"),
        ),
        (PAUSE, "The push signing key was refused", None),
    ),
    "BadEnvironmentKeyIdInToken": (PAUSE, "The key is for another environment", None),
    "IdleTimeout": (RETRY, "The connection was idle", None),
    "TooManyRequests": (RETRY, "Too many pushes to this device", 60.0),
    "TooManyProviderTokenUpdates": (THROTTLED, "Push tokens were renewed too often", 60.0),
    **dict.fromkeys(
        ("InternalServerError", "ServiceUnavailable", "Shutdown"),
        (RETRY, "Apple has trouble", TROUBLE),
    ),
}
REPAIRABLE = frozenset({"ExpiredProviderToken", "UnrelatedKeyIdInToken"})  # by a new connection


def build(message: PushMessage, account: Account, now: datetime) -> HttpRequest:
    envelope = message.envelope
    headers = {
        "authorization": f"bearer {_jwt(account, now)}",
        "apns-topic": str(account.settings.get("topic", "")),
        "apns-push-type": push_type(message),
        "apns-priority": priority(message),
        "apns-expiration": str(int(envelope.expires_at.timestamp())),
        "apns-id": envelope.delivery_id,
    }
    if envelope.collapse_key:
        headers["apns-collapse-id"] = collapse_id(envelope.collapse_key)
    host = account.endpoint or HOSTS.get(account.settings.get("environment", ""), "")
    if not host:
        raise BuildError(Outcome(PAUSE, "The environment is not production or sandbox", "settings"))
    # A repeated push is replaced by its apns-collapse-id or seen by its id: little to lose.
    token = envelope.address if envelope.address.isalnum() else quote(envelope.address, safe="")
    return HttpRequest(
        "POST",
        f"{host}/3/device/{token}",
        headers,
        payload(message),
        timeout=2.0 if envelope.lane is Lane.URGENT else 10.0,
        http2=host.startswith("https://"),
    )


def classify(response: HttpResponse) -> Outcome:
    if response.status == 200:
        provider_id = response.headers.get("apns-id") or ""
        return Outcome(OutcomeKind.ACCEPTED, provider_id=provider_id)
    answer = json_object(response.body)
    code = answer.get("reason")
    known = CODES.get(code) if isinstance(code, str) else None
    if known is None or not isinstance(code, str):
        outcome = status_outcome(response)
        if response.status >= 500:
            return Outcome(RETRY, outcome.reason, outcome.code, after=TROUBLE)
        return outcome
    kind, reason, after = known
    since = _since(answer.get("timestamp")) if response.status == 410 else None
    return Outcome(kind, reason, code, after=after, dead_since=since, repair=code in REPAIRABLE)


def verify(request: InboundRequest, account: Account, now: datetime) -> bool:
    """Apple calls nobody back."""
    return False


def parse_events(request: InboundRequest) -> list[Event]:
    return []


def _jwt(account: Account, now: datetime) -> str:
    keys = account.credentials
    issued_at = window_start(now.timestamp(), JWT_WINDOW)
    try:
        return es256_jwt(keys["key"], keys["key_id"], keys["team_id"], issued_at)
    except (KeyError, ValueError, TypeError) as error:
        raise BuildError(Outcome(PAUSE, "The signing key cannot be used", "key")) from error


def _since(milliseconds: object) -> datetime | None:
    if not isinstance(milliseconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
