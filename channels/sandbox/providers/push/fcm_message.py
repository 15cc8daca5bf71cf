"""What Firebase looks at in a message, and what a person would see of it.

https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages (read 2026-10)
"""

import re
from typing import Any

from channels.answers import json_object
from channels.sandbox.kit.values import Examination, Refused

TARGETS = ("fid", "token", "topic", "condition")
FIELDS = frozenset(
    "name data notification android androidV2 webpush apns fcmOptions fcm_options".split()
) | set(TARGETS)
ANDROID = frozenset(
    "collapseKey priority ttl restrictedPackageName data notification fcmOptions directBootOk"
    " bandwidthConstrainedOk restrictedSatelliteOk".split()
)
NOTIFICATION = frozenset(
    "title body icon color sound tag clickAction bodyLocKey bodyLocArgs titleLocKey titleLocArgs"
    " channelId ticker sticky eventTime localOnly notificationPriority defaultSound"
    " defaultVibrateTimings defaultLightSettings vibrateTimings visibility notificationCount"
    " lightSettings image bypassProxyNotification proxy".split()
)
PRIORITIES = frozenset(
    f"PRIORITY_{word}" for word in ("UNSPECIFIED", "MIN", "LOW", "DEFAULT", "HIGH", "MAX")
)
VISIBILITIES = frozenset({"VISIBILITY_UNSPECIFIED", "PRIVATE", "PUBLIC", "SECRET"})
LIMITS = {"topic": 2048}  # bytes of keys and values
LIMIT = 4096
MAX_TTL = 2_419_200  # seconds: four weeks
TOKEN = re.compile(r"[A-Za-z0-9_:%.\-]{8,4096}")
TTL = re.compile(r"(\d{1,9})(\.\d{1,9})?s")
COLOR = re.compile(r"#[0-9a-fA-F]{6}")
LABEL = re.compile(r"[a-zA-Z0-9\-_.~%]{1,50}")


def invalid(field: str, description: str) -> Refused:
    return Refused(400, "INVALID_ARGUMENT", f"{field}: {description}")


def examine(body: bytes, exam: Examination) -> None:
    value = json_object(body)
    unreadable = Refused(400, "INVALID_ARGUMENT", "Invalid JSON payload received.")
    exam.require("JSON", value, unreadable)
    unknown = sorted(value.keys() - {"message", "validateOnly", "validate_only"})
    exam.require("fields known", not unknown, _unknown("", unknown))
    message = value.get("message")
    exam.require("message", isinstance(message, dict), invalid("message", "Message is required"))
    if isinstance(message, dict):
        _examine_target(message, exam)
        _examine_data(message, exam)
        _examine_android(message, exam)
        label = _block(message, "fcmOptions").get("analyticsLabel")
        fits = label is None or LABEL.fullmatch(str(label))
        exam.require("analytics label", fits, invalid("message.fcm_options", "Invalid label"))


def target(message: dict[str, Any]) -> tuple[str, str]:
    """The kind of target and its value; ("", "") without one."""
    return next(((kind, str(message[kind])) for kind in TARGETS if message.get(kind)), ("", ""))


def seen(message: dict[str, Any]) -> dict[str, Any]:
    shown, data = _block(message, "notification"), _block(message, "data")
    android = _block(message, "android")
    own = _block(android, "notification")
    return {
        "kind": "push",
        "platform": "android",
        "app": "",
        "title": str(own.get("title") or shown.get("title") or ""),
        "body": str(own.get("body") or shown.get("body") or ""),
        "image": str(own.get("image") or shown.get("image") or ""),
        "link": str(data.get("link", "")),
        "badge": own.get("notificationCount"),
        "silent": not shown and not own.get("title"),
        "collapse": str(own.get("tag") or ""),
        "urgent": str(android.get("priority", "")).upper() == "HIGH",
    }


def _examine_target(message: dict[str, Any], exam: Examination) -> None:
    unknown = sorted(message.keys() - FIELDS)
    exam.require("message's fields known", not unknown, _unknown("message", unknown))
    kinds = [kind for kind in TARGETS if message.get(kind)]
    several = "Exactly one of token, topic, condition or fid must be set"
    exam.require("one target", len(kinds) == 1, invalid("message", several), ", ".join(kinds))
    kind, value = target(message)
    if kind == "token":
        bad = invalid(
            "message.token", "The registration token is not a valid FCM registration token"
        )
        exam.require("registration token", TOKEN.fullmatch(value), bad)
    if kind == "topic":
        bad = invalid("message.topic", "Invalid topic name")
        exam.require("topic", re.fullmatch(r"[a-zA-Z0-9\-_.~%]+", value), bad, value)


def _examine_data(message: dict[str, Any], exam: Examination) -> None:
    data = message.get("data", {})
    strings = isinstance(data, dict) and all(isinstance(value, str) for value in data.values())
    exam.require("data is text", strings, invalid("message.data", "Invalid value (TYPE_STRING)"))
    reserved = next((key for key in data if _is_reserved(key)), "")
    refusal = invalid(f"message.data[{reserved}]", f"Invalid data payload key: {reserved}")
    exam.require("data keys", not reserved, refusal)
    kind, _ = target(message)
    limit = LIMITS.get(kind, LIMIT)
    size = _size(data) + _size(_block(message, "notification"))
    # The real one names no field here.
    big = Refused(400, "INVALID_ARGUMENT", f"Message is too big. Max size is {limit} bytes")
    exam.require("size", size <= limit, big, f"{size} of {limit} bytes")


def _examine_android(message: dict[str, Any], exam: Examination) -> None:
    both = "android" in message and "androidV2" in message
    exam.require("one android block", not both, invalid("message.android_v2", "Both are set"))
    android = _block(message, "android")
    unknown = sorted(name for name in android if _camel(name) not in ANDROID)
    exam.require("android's fields known", not unknown, _unknown("message.android", unknown))
    priority = str(android.get("priority", "NORMAL")).upper()
    bad = invalid("message.android.priority", "Invalid value (PRIORITY)")
    exam.require("android priority", priority in ("NORMAL", "HIGH"), bad, priority)
    ttl = str(android.get("ttl", "0s"))
    found = TTL.fullmatch(ttl)
    allowed = found is not None and int(found[1]) <= MAX_TTL
    bad = invalid("message.android.ttl", f"Invalid TTL: from 0s to {MAX_TTL}s")
    exam.require("android ttl", allowed, bad, ttl)
    _examine_shown(_block(android, "notification"), exam)


def _examine_shown(shown: dict[str, Any], exam: Examination) -> None:
    """What Android alone is told to show."""
    where = "message.android.notification"
    unknown = sorted(name for name in shown if _camel(name) not in NOTIFICATION)
    exam.require("notification's fields known", not unknown, _unknown(where, unknown))
    color = shown.get("color")
    fits = color is None or COLOR.fullmatch(str(color))
    exam.require("color", fits, invalid(f"{where}.color", "Not #rrggbb"))
    for name, known in (("visibility", VISIBILITIES), ("notificationPriority", PRIORITIES)):
        value = shown.get(name)
        bad = invalid(f"{where}.{name}", f"Invalid value: {value}")
        exam.require(name, value is None or value in known, bad, str(value or ""))


def _is_reserved(key: str) -> bool:
    return key in ("from", "message_type") or key.startswith(("google.", "gcm.notification."))


def _size(block: dict[str, Any]) -> int:
    return sum(len(f"{key}{value}".encode("utf-8", "replace")) for key, value in block.items())


def _block(value: dict[str, Any], name: str) -> dict[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _camel(name: str) -> str:
    """The protobuf names are accepted as well: collapse_key for collapseKey."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _unknown(where: str, names: list[str]) -> Refused:
    name = names[0] if names else ""
    return Refused(
        400,
        "INVALID_ARGUMENT",
        f"Invalid JSON payload received. Unknown name \"{name}\" at '{where}': Cannot find field.",
    )
