"""What an iPhone reads: the payload of a push, whoever carries it to Apple. Pure.

https://developer.apple.com/documentation/usernotifications/generating-a-remote-notification
(read 2026-10)
"""

from typing import Any

from channels.base import Lane, MessageTooLarge
from channels.messages import PushMessage
from channels.push.fit import encode, shorten

MAX_PAYLOAD = 4096  # bytes
NO_SOUND = "none"
TEXTS = {
    "thread_id": "thread-id",
    "category": "category",
    "interruption_level": "interruption-level",
    "target_content_id": "target-content-id",
}


def payload(message: PushMessage) -> bytes:
    """The JSON body, its text shortened to the 4096 bytes Apple takes. Raises MessageTooLarge."""
    value: dict[str, Any] = {**message.data, "delivery_id": message.envelope.delivery_id}
    value |= beside_aps(message)
    value["aps"] = aps = aps_of(message)
    body = encode(value)
    if len(body) <= MAX_PAYLOAD:
        return body
    if not message.silent and message.body:
        aps["alert"]["body"] = ""
        aps["alert"]["body"] = shorten(message.body, MAX_PAYLOAD - len(encode(value)))
        body = encode(value)
    if len(body) > MAX_PAYLOAD:
        raise MessageTooLarge(f"{MAX_PAYLOAD} bytes")
    return body


def beside_aps(message: PushMessage) -> dict[str, str]:
    """What the app reads besides its data: where a tap leads, and the picture to fetch."""
    found = {"url": message.link, "image": message.image_url}
    return {name: text for name, text in found.items() if text}


def sounds(message: PushMessage) -> bool:
    return message.sound.lower() != NO_SOUND


def aps_of(message: PushMessage) -> dict[str, Any]:
    if message.silent:
        return {"content-available": 1}
    return {"alert": alert(message), **settings(message)}


def alert(message: PushMessage) -> dict[str, str]:
    texts = {"title": message.title, "body": message.body}
    return {**texts, "subtitle": message.subtitle} if message.subtitle else texts


def settings(message: PushMessage) -> dict[str, Any]:
    """All of `aps` but the words."""
    options = message.ios
    aps: dict[str, Any] = {}
    if sounds(message):
        aps["sound"] = _sound(message)
    if message.badge is not None:
        aps["badge"] = message.badge
    if message.image_url or options.get("mutable") == "true":
        aps["mutable-content"] = 1  # the app's extension fetches the image
    if not options:
        return aps
    aps |= {TEXTS[name]: text for name, text in options.items() if name in TEXTS}
    if "relevance_score" in options:
        aps["relevance-score"] = float(options["relevance_score"])
    return aps


def _sound(message: PushMessage) -> Any:
    name = message.sound or "default"
    if message.ios.get("interruption_level") == "critical":
        return {"critical": 1, "name": name, "volume": 1.0}
    return name


def push_type(message: PushMessage) -> str:
    return "background" if message.silent else "alert"


def priority(message: PushMessage) -> str:
    """A campaign does not wake the screen; a silent push must not."""
    return "5" if message.silent or message.envelope.lane is Lane.BULK else "10"
