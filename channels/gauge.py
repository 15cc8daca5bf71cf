"""How many sends are in flight in this process, and how many more may start."""

import threading
from collections import Counter
from collections.abc import Iterable


class Gauge:
    """Counts sends; `enter` and the waits belong to any thread, `leave` must stay cheap.

    limit: sends in flight in the process; `share`: those of one account; `places`: those of one
    endpoint, where an account reaches many.
    """

    def __init__(self, limit: int, share: int, places: int = 50) -> None:
        self.limit = limit
        self.share = share
        self.places = places
        self._total = 0
        self._by_account: Counter[int] = Counter()
        self._by_endpoint: Counter[str] = Counter()
        self._waiting: list[int] = []  # totals that somebody waits for
        self._changed = threading.Condition()

    def enter(self, sends: Iterable[tuple[int, str]]) -> None:
        """Each is (account id, endpoint); "" for none."""
        with self._changed:
            for account_id, endpoint in sends:
                self._total += 1
                self._by_account[account_id] += 1
                if endpoint:
                    self._by_endpoint[endpoint] += 1

    def leave(self, account_id: int, endpoint: str = "") -> None:
        with self._changed:
            self._total -= 1
            self._by_account[account_id] -= 1
            if endpoint:
                self._leave_endpoint(endpoint)
            # Waking a thread for each of a thousand ends would cost more than the sends.
            if self._waiting and self._total <= max(self._waiting):
                self._changed.notify_all()

    def total(self) -> int:
        return self._total

    def room(self, account_id: int) -> int:
        """How many more sends this account may start now."""
        free = min(self.limit - self._total, self.share - self._by_account[account_id])
        return max(free, 0)

    def room_at(self, endpoint: str) -> int:
        """How many more sends to this endpoint may start now."""
        return max(self.places - self._by_endpoint.get(endpoint, 0), 0)

    def wait_for_room(self, timeout: float, at_least: int = 1) -> bool:
        """Wait until the process has room for `at_least` sends; False after `timeout` seconds."""
        return self._wait_for_total(self.limit - at_least, timeout)

    def wait_until_empty(self, timeout: float) -> bool:
        return self._wait_for_total(0, timeout)

    def _leave_endpoint(self, endpoint: str) -> None:
        self._by_endpoint[endpoint] -= 1
        if self._by_endpoint[endpoint] <= 0:  # there are as many as customers like
            del self._by_endpoint[endpoint]

    def _wait_for_total(self, most: int, timeout: float) -> bool:
        with self._changed:
            self._waiting.append(most)
            try:
                return self._changed.wait_for(lambda: self._total <= most, timeout)
            finally:
                self._waiting.remove(most)
