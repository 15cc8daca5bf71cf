"""A server that failed is left alone for a second, in this process; then one caller tries it first.

So a server that is frozen, not just gone, costs one time limit a second and not one a request.
"""

import threading
import time

PAUSE = 1.0  # seconds


class Circuit:
    """Threads share it. `allows`, then `succeeded` or `failed`."""

    def __init__(self, pause: float = PAUSE) -> None:
        self._pause = pause
        self._away_until = 0.0  # monotonic; 0.0 while all is well
        self._lock = threading.Lock()

    def allows(self) -> bool:
        """Whether to try. After a pause the first who asks does, and the others go on waiting."""
        if not self._away_until:
            return True
        with self._lock:
            if time.monotonic() < self._away_until:
                return False
            self._away_until = time.monotonic() + self._pause
            return True

    def is_open(self) -> bool:
        """Whether the last try failed; asks for nothing."""
        return bool(self._away_until)

    def failed(self) -> None:
        self._away_until = time.monotonic() + self._pause

    def succeeded(self) -> None:
        self._away_until = 0.0
