"""OneSignal, push to whoever the app knows by an external id: the fallback of last resort.

https://documentation.onesignal.com/reference/push-notification and
https://documentation.onesignal.com/reference/idempotent-notification-requests (read 2026-11)

The address of a device is the person's external id there. A repetition does no harm for 30 days:
the delivery's id is the idempotency key.
"""

from datetime import datetime
from typing import Any

from channels.answers import json_object, retry_after, status_outcome
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
    MessageTooLarge,
    Outcome,
    OutcomeKind,
)
from channels.messages import PushMessage
from channels.push.payload import collapse_id, encode, shorten

CHANNEL = Channel.PUSH
FIELDS: tuple[Field, ...] = (
    Field("api_key", "App API key", secret=True, help="Of the app, not of the organisation"),
    Field("onesignal_app_id", "OneSignal app id", setting=True, help="A UUID"),
)
REPEATABLE = True
API = "https://api.onesignal.com"
MAX_ID = 128  # characters of an external id
MAX_DATA = 2_048  # bytes of data
MAX_TEXT = 2_000  # bytes: of title and body, for what both platforms take in all
LIFETIME = (1, 2_419_200)  # seconds: 28 days

BAD, REJECTED, PAUSE = OutcomeKind.BAD_RECIPIENT, OutcomeKind.REJECTED, OutcomeKind.MISCONFIGURED
NO_KEY = Outcome(PAUSE, "The API key or the app id is missing", "key")
UNKNOWN = Outcome(BAD, "OneSignal does not know the person", "invalid_aliases")
UNSUBSCRIBED = Outcome(BAD, "The person has no device at OneSignal that takes push", "unsubscribed")


def address_problem(address: str) -> str:
    return "" if len(address) <= MAX_ID else f"An external id has at most {MAX_ID} characters."


def build(message: PushMessage, account: Account, now: datetime) -> HttpRequest:
    key, app = account.credentials.get("api_key"), account.settings.get("onesignal_app_id")
    if not (key and app):
        raise BuildError(NO_KEY)
    return HttpRequest(
        method="POST",
        url=f"{account.endpoint or API}/notifications?c=push",
        headers={"authorization": f"Key {key}", "content-type": "application/json"},
        body=encode({"app_id": app, **_notification(message, now)}),
    )


def classify(response: HttpResponse) -> Outcome:
    """Success is an id; without one nothing was sent, whatever the status says."""
    answer = json_object(response.body)
    if response.status == 429:
        after = retry_after(response.headers)
        return Outcome(OutcomeKind.THROTTLED, "Too many requests", "http_429", after=after)
    errors = answer.get("errors")
    if response.status == 200 and isinstance(errors, dict) and "invalid_aliases" in errors:
        return UNKNOWN
    own = answer.get("id")
    if response.status == 200 and isinstance(own, str) and own:
        return Outcome(OutcomeKind.ACCEPTED, provider_id=own)
    if response.status in (200, 400) and errors:
        gone = "not subscribed" in str(errors)
        return (
            UNSUBSCRIBED if gone else Outcome(REJECTED, "OneSignal refused the message", "errors")
        )
    return status_outcome(response)


def verify(request: InboundRequest, account: Account, now: datetime) -> bool:
    """What becomes of a push is not asked for: whoever gets it this way is told in an emergency."""
    return False


def parse_events(request: InboundRequest) -> list[Event]:
    return []


def _notification(message: PushMessage, now: datetime) -> dict[str, Any]:
    envelope = message.envelope
    data = {**message.data, "delivery": envelope.delivery_id}
    if message.link:
        data["url"] = message.link
    if len(encode(data)) > MAX_DATA:
        raise MessageTooLarge(f"{MAX_DATA} bytes of data")
    life = int((envelope.expires_at - now).total_seconds())
    found = {
        "include_aliases": {"external_id": [envelope.address]},
        "target_channel": "push",
        "idempotency_key": envelope.delivery_id,
        "data": data,
        "ttl": min(max(life, LIFETIME[0]), LIFETIME[1]),
        "priority": 5 if envelope.lane is Lane.BULK else 10,
        **({"content_available": True} if message.silent else _shown(message)),
    }
    if envelope.collapse_key:
        found["collapse_id"] = collapse_id(envelope.collapse_key)
    return found


def _shown(message: PushMessage) -> dict[str, Any]:
    """In the one language it was rendered in; English is the one that has to be there."""
    title = shorten(message.title, MAX_TEXT // 4)
    body = shorten(message.body, MAX_TEXT - len(title.encode()))
    found: dict[str, Any] = {"contents": {"en": body or title}}
    if title and body:
        found["headings"] = {"en": title}
    if message.subtitle:
        found["subtitle"] = {"en": shorten(message.subtitle, MAX_TEXT // 4)}
    if message.image_url:
        found["big_picture"] = message.image_url
        found["ios_attachments"] = {"image": message.image_url}
    if message.badge is not None:
        found |= {"ios_badgeType": "SetTo", "ios_badgeCount": message.badge}
    return found
