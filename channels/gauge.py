"""How many sends are in flight in this process, and how many more may start."""

import threading
from collections import Counter
from collections.abc import Iterable


class Gauge:
    """Counts sends; `enter` and the waits belong to any thread, `leave` must stay cheap.

    limit: sends in flight in the process; `share`: those of one account.
    """

    def __init__(self, limit: int, share: int) -> None:
        self.limit = limit
        self.share = share
        self._total = 0
        self._by_account: Counter[int] = Counter()
        self._waiting: list[int] = []  # totals that somebody waits for
        self._changed = threading.Condition()

    def enter(self, account_ids: Iterable[int]) -> None:
        with self._changed:
            for account_id in account_ids:
                self._total += 1
                self._by_account[account_id] += 1

    def leave(self, account_id: int) -> None:
        with self._changed:
            self._total -= 1
            self._by_account[account_id] -= 1
            # Waking a thread for each of a thousand ends would cost more than the sends.
            if self._waiting and self._total <= max(self._waiting):
                self._changed.notify_all()

    def total(self) -> int:
        return self._total

    def room(self, account_id: int) -> int:
        """How many more sends this account may start now."""
        free = min(self.limit - self._total, self.share - self._by_account[account_id])
        return max(free, 0)

    def wait_for_room(self, timeout: float, at_least: int = 1) -> bool:
        """Wait until the process has room for `at_least` sends; False after `timeout` seconds."""
        return self._wait_for_total(self.limit - at_least, timeout)

    def wait_until_empty(self, timeout: float) -> bool:
        return self._wait_for_total(0, timeout)

    def _wait_for_total(self, most: int, timeout: float) -> bool:
        with self._changed:
            self._waiting.append(most)
            try:
                return self._changed.wait_for(lambda: self._total <= most, timeout)
            finally:
                self._waiting.remove(most)
