"""Server-sent events as bytes. https://html.spec.whatwg.org/multipage/server-sent-events.html"""

from typing import Any

import msgspec

CONTENT_TYPE = "text/event-stream"
HEADERS = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would hold events back
}
HEARTBEAT = b":\n\n"  # a comment: keeps proxies from closing, and tells us of a reader who left
BEAT_SECONDS = 15.0


def frame(event: str, data: dict[str, Any], event_id: str = "") -> bytes:
    """One event. `event_id` must hold no line break; the browser sends it back on reconnecting."""
    head = f"id: {event_id}\nevent: {event}\ndata: " if event_id else f"event: {event}\ndata: "
    return head.encode() + msgspec.json.encode(data) + b"\n\n"  # JSON has no line break


def id_of(frame_: bytes) -> str:
    """The id of a frame made here, "" if it has none."""
    line = frame_.split(b"\n", 1)[0]
    return line[4:].decode() if line.startswith(b"id: ") else ""
