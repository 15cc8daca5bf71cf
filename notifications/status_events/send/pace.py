"""How many events of each endpoint this process has under way, and how many more it may take.

An endpoint that answers quickly gets what it can answer in the next second; one that hangs holds
its own few and nobody else's.
"""

import threading
from collections import Counter, deque
from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")

AT_ONCE = 10  # in flight to one endpoint
MOST_AHEAD = 200  # waiting behind these
MOST = 1_000  # in all: half of what the process may have in flight
UNKNOWN = 1.0  # seconds an endpoint is thought to take until it has answered
SHARE = 0.2  # of the newest answer in the average


class Pace(Generic[T]):
    """All methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_flight: Counter[int] = Counter()
        self._waiting: dict[int, deque[T]] = {}
        self._seconds: dict[int, float] = {}
        self._total = 0

    def rooms(self, endpoint_ids: Iterable[int]) -> dict[int, int]:
        """How many more to take of each, where any: a fair share of what the process has left."""
        with self._lock:
            rooms = {id_: room for id_ in endpoint_ids if (room := self._room(id_)) > 0}
            left = MOST - self._total
            if not rooms or left <= 0:
                return {}
            each = max(left // len(rooms), 1)
            return {id_: min(room, each) for id_, room in list(rooms.items())[:left]}

    def enter(self, endpoint_id: int, item: T) -> bool:
        """Whether to start it now; else it waits for `leave`."""
        with self._lock:
            self._total += 1
            if self._in_flight[endpoint_id] >= AT_ONCE:
                self._waiting.setdefault(endpoint_id, deque()).append(item)
                return False
            self._in_flight[endpoint_id] += 1
            return True

    def leave(self, endpoint_id: int, seconds: float | None) -> T | None:
        """What to start in its place. `seconds` it took to answer; None: it was not asked."""
        with self._lock:
            self._total -= 1
            if seconds is not None:
                before = self._seconds.get(endpoint_id, seconds)
                self._seconds[endpoint_id] = before + SHARE * (seconds - before)
            if following := self._waiting.get(endpoint_id):
                return following.popleft()
            self._waiting.pop(endpoint_id, None)
            self._in_flight[endpoint_id] -= 1
            return None

    def total(self) -> int:
        return self._total

    def _room(self, endpoint_id: int) -> int:
        seconds = max(self._seconds.get(endpoint_id, UNKNOWN), 0.01)
        ahead = min(int(AT_ONCE / seconds), MOST_AHEAD)
        under_way = self._in_flight[endpoint_id] + len(self._waiting.get(endpoint_id, ()))
        return AT_ONCE + ahead - under_way
