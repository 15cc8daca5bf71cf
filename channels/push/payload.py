"""Payloads of limited size: compact JSON, a text shortened without breaking what people see as a
letter, and what an iPhone reads, whoever carries it to Apple. Pure.

https://developer.apple.com/documentation/usernotifications/generating-a-remote-notification
(read 2026-10)
"""

import json
import unicodedata
from hashlib import sha256
from typing import Any

from msgspec.json import Encoder

from channels.base import Lane, MessageTooLarge
from channels.messages import PushMessage

ENCODER = Encoder()  # a tenth of what the standard library takes
ELLIPSIS = "…"
JOINER = "\u200d"
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


def encode(value: Any) -> bytes:
    """Compact JSON in UTF-8, characters as themselves: the form whose size providers count."""
    try:
        return ENCODER.encode(value)
    except UnicodeEncodeError:  # half a surrogate pair
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "replace")


def shorten(text: str, budget: int) -> str:
    """The longest beginning of `text`, with an ellipsis, whose JSON form is `budget` bytes at most.

    Returns "" when nothing fits. Quotes are not counted.
    """
    if _size(text) <= budget:
        return text
    low, high = 0, min(len(text), max(budget, 0))
    while low < high:
        middle = (low + high + 1) // 2
        if _size(text[:middle]) + _size(ELLIPSIS) <= budget:
            low = middle
        else:
            high = middle - 1
    while low and not is_boundary(text, low):
        low -= 1
    kept = text[:low].rstrip()
    return kept + ELLIPSIS if kept else ""


def collapse_id(key: str) -> str:
    """`key` as an apns-collapse-id: at most 64 bytes that may stand in a header."""
    raw = key.encode("utf-8", "replace")
    if len(raw) <= 64 and key.isascii() and key.isprintable():
        return key
    return sha256(raw).hexdigest()


def is_boundary(text: str, index: int) -> bool:
    """Whether `text` may be cut before `index`: a practical subset of UAX #29."""
    before, after = text[index - 1], text[index]
    if JOINER in (before, after) or unicodedata.category(after)[0] == "M":
        return False
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return False  # a skin tone; the tags of a regional flag
    if _is_flag_half(after):
        halves = 0
        while halves < index and _is_flag_half(text[index - 1 - halves]):
            halves += 1
        return halves % 2 == 0
    return (before, after) != ("\r", "\n")


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _size(text: str) -> int:
    return len(encode(text)) - 2


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
    """Returns all of `aps` except its texts."""
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
