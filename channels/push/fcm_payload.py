"""What Firebase takes of a message, whoever carries it there: Android's part and an iPhone's. Pure.

https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages (read 2026-10)
"""

from datetime import datetime
from typing import Any, NamedTuple

from channels.base import BuildError, Lane, MessageTooLarge, Outcome, OutcomeKind
from channels.messages import PushMessage
from channels.push import payload as apple
from channels.push.payload import collapse_id, shorten
from channels.push_options import RESERVED_DATA

MAX_DATA = 4096  # bytes of keys and values
MAX_TTL = 2_419_200  # seconds: four weeks
TEXTS = {
    "channel_id": "channelId",
    "icon": "icon",
    "color": "color",
    "tag": "tag",
    "click_action": "clickAction",
    "ticker": "ticker",
}


class Parts(NamedTuple):
    """A message but for its target."""

    data: dict[str, str]
    notification: dict[str, str]
    android: dict[str, Any]
    apns: dict[str, Any]


def parts(message: PushMessage, now: datetime) -> Parts:
    """Its text shortened to what Firebase takes. Raises BuildError."""
    data = _data(message)
    shown = {} if message.silent else _notification(message)
    android, apns = _android(message, now), _apns(message)
    copies = 2 if message.subtitle and shown else 1  # a subtitle takes an alert of its own
    options = (*message.ios.values(), *message.android.values())
    fixed = (*data, *data.values(), *apple.beside_aps(message).values(), *options)
    room = MAX_DATA - sum(map(_size, fixed)) - copies * sum(map(_size, shown.values()))
    if room < 0 and shown.get("body"):
        text = shown["body"]
        shown["body"] = shorten(text, _size(text) + room // copies)
        room += copies * (_size(text) - _size(shown["body"]))
    if room < 0:
        raise MessageTooLarge(f"{MAX_DATA} bytes")
    if copies == 2:
        apns["payload"]["aps"]["alert"]["body"] = shown.get("body", "")
    return Parts(data, {name: text for name, text in shown.items() if text}, android, apns)


def ttl(message: PushMessage, now: datetime) -> int:
    """Seconds, as Android is told."""
    left = int((message.envelope.expires_at - now).total_seconds())
    own = int(message.android.get("ttl") or MAX_TTL)
    return min(max(left, 0), own, MAX_TTL)


def _data(message: PushMessage) -> dict[str, str]:
    taken = next((name for name in message.data if RESERVED_DATA.fullmatch(name)), None)
    if taken is not None:
        reason = f"Firebase keeps the name {taken[:64]!r} of the data for itself"
        raise BuildError(Outcome(OutcomeKind.REJECTED, reason, "bad_part"))
    data = {**message.data, "delivery_id": message.envelope.delivery_id}
    return {**data, "link": message.link} if message.link else data


def _notification(message: PushMessage) -> dict[str, str]:
    return {"title": message.title, "body": message.body, "image": message.image_url}


def _android(message: PushMessage, now: datetime) -> dict[str, Any]:
    high = message.envelope.lane is not Lane.BULK and not message.silent
    config: dict[str, Any] = {"priority": "HIGH" if high else "NORMAL"}
    config["ttl"] = f"{ttl(message, now)}s"
    if message.envelope.collapse_key:
        config["collapseKey"] = message.envelope.collapse_key
    if not message.silent:
        config["notification"] = _shown(message)
    return config


def _shown(message: PushMessage) -> dict[str, Any]:
    options = message.android
    shown: dict[str, Any] = {}
    if apple.sounds(message):
        shown["sound"] = message.sound or "default"
    if message.envelope.collapse_key:
        shown["tag"] = message.envelope.collapse_key
    if message.badge is not None:
        shown["notificationCount"] = message.badge
    if not options:
        return shown
    shown |= {TEXTS[name]: text for name, text in options.items() if name in TEXTS}
    if "sticky" in options:
        shown["sticky"] = options["sticky"] == "true"
    if "visibility" in options:
        shown["visibility"] = options["visibility"].upper()
    if "notification_priority" in options:
        shown["notificationPriority"] = f"PRIORITY_{options['notification_priority'].upper()}"
    return shown


def _apns(message: PushMessage) -> dict[str, Any]:
    """For an iPhone behind Firebase."""
    headers = {"apns-expiration": str(int(message.envelope.expires_at.timestamp()))}
    if message.envelope.collapse_key:
        headers["apns-collapse-id"] = collapse_id(message.envelope.collapse_key)
    if message.silent:
        headers |= {"apns-priority": "5", "apns-push-type": "background"}
        return {"headers": headers, "payload": _payload(message, apple.aps_of(message))}
    if message.envelope.lane is Lane.BULK:
        headers["apns-priority"] = "5"
    aps = apple.settings(message)
    if message.subtitle:
        aps["alert"] = apple.alert(message)
    return {"headers": headers, "payload": _payload(message, aps)}


def _payload(message: PushMessage, aps: dict[str, Any]) -> dict[str, Any]:
    """An iPhone's app reads the same names whoever brings the push."""
    return {**apple.beside_aps(message), "aps": aps}


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
