"""The one place that asks what time it is, and values that are read again after some seconds. Pure
code takes `now` as an argument.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Generic, TypeVar

T = TypeVar("T")


def now() -> datetime:
    """Returns the current time in UTC. Tests replace it here."""
    return datetime.now(UTC)


def milliseconds(instant: datetime) -> int:
    """Milliseconds since 1970, as UUIDv7 counts them."""
    return int(instant.timestamp() * 1000)


class Snapshot(Generic[T]):
    """A value read from the database at most every few seconds by each process: for small tables
    every message needs (types, accounts). A change is seen within `seconds`."""

    def __init__(self, load: Callable[[], T], seconds: float) -> None:
        self._load = load
        self._seconds = seconds
        self._until = 0.0
        self._value: T | None = None
        self._lock = threading.Lock()

    def get(self) -> T:
        if self._value is not None and time.monotonic() < self._until:
            return self._value
        with self._lock:
            if self._value is None or time.monotonic() >= self._until:
                self._value = self._load()
                self._until = time.monotonic() + self._seconds
            return self._value

    def peek(self) -> T | None:
        """The value, if it need not be read again."""
        return self._value if time.monotonic() < self._until else None

    def forget(self) -> None:
        self._until = 0.0
