"""What our service worker is told, as JSON: small enough for every push service."""

from typing import Any

from channels.base import MessageTooLarge
from channels.messages import WebPushMessage
from channels.push.payload import encode, shorten

MAX_PAYLOAD = 2500  # bytes; services take 3993, but 2744 on the way to Firefox for Android


def payload(message: WebPushMessage) -> bytes:
    """Its body shortened to what fits. Raises MessageTooLarge."""
    value = _value(message)
    size = len(encode(value))
    if size > MAX_PAYLOAD and message.body:
        room = len(encode(message.body)) - 2 - (size - MAX_PAYLOAD)
        value["body"] = shorten(message.body, room)
        size = len(encode(value))
    if size > MAX_PAYLOAD:
        raise MessageTooLarge(f"{MAX_PAYLOAD} bytes")
    return encode(value)


def _value(message: WebPushMessage) -> dict[str, Any]:
    """`tag` replaces on the screen what `Topic` did not replace on the way."""
    way_out = message.envelope.way_out
    value = {
        "id": message.envelope.delivery_id,
        "title": message.title,
        "body": message.body,
        "icon": message.icon_url,
        "image": message.image_url,
        "badge": message.badge_url,
        "url": message.link,
        "tag": message.envelope.collapse_key,
        "data": dict(message.data),
        "actions": way_out and [{"action": "unsubscribe", "title": way_out.unsubscribe_label}],
    }
    return {name: found for name, found in value.items() if found}
