"""How many bytes of attachments this process has on the way: a batch of five hundred messages
with ten megabytes each is not built at once."""

import os
import threading
import time

ROOM = 64 * 1024 * 1024  # bytes
LONGEST = 30.0  # seconds anything can be on the way, should nobody say that it is done

_carried: dict[str, tuple[int, float]] = {}
_lock = threading.Lock()


def take(delivery_id: str, size: int) -> bool:
    """Whether there is room; one that is alone always has."""
    now = time.monotonic()
    with _lock:
        for id_ in [id_ for id_, (_, until) in _carried.items() if until <= now]:
            del _carried[id_]
        if _carried and size + sum(size for size, _ in _carried.values()) > ROOM:
            return False
        _carried[delivery_id] = size, now + LONGEST
        return True


def put_down(delivery_id: str) -> None:
    """Gives back the memory that a delivery's attachments took."""
    _carried.pop(delivery_id, None)


def _forget() -> None:
    global _lock
    _lock = threading.Lock()
    _carried.clear()


os.register_at_fork(after_in_child=_forget)
