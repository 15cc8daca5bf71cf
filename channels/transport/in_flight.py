"""How many sends are in flight in this process, and how many more may start."""

import threading
from collections import Counter
from collections.abc import Iterable
from time import monotonic

AHEAD = 2.0  # seconds of its own pace that an endpoint may have before it
SHORTEST = 0.05  # seconds: a pace is not measured in less
MOST_KNOWN = 10_000  # endpoints without a send whose pace is remembered


class _Endpoint:
    """What is under way to one, and how many a second it answered while anything was."""

    __slots__ = ("answered", "busy_since", "pace", "present")

    def __init__(self) -> None:
        self.present, self.answered, self.pace, self.busy_since = 0, 0, 0.0, 0.0

    def enter(self) -> None:
        if not self.present:
            self.busy_since, self.answered = monotonic(), 0
        self.present += 1

    def leave(self) -> None:
        self.present -= 1
        self.answered += 1
        self.pace = self.answered / max(monotonic() - self.busy_since, SHORTEST)


class Gauge:
    """Counts sends; `enter` and the waits belong to any thread, `leave` must stay cheap.

    limit: sends in flight in the process; `share`: those of one account; `places`: those of one
    endpoint, where an account reaches many, and up to `share` / 2 of one that answers quickly.
    """

    def __init__(self, limit: int, share: int, places: int = 50) -> None:
        self.limit = limit
        self.share = share
        self.places = places
        self._total = 0
        self._by_account: Counter[int] = Counter()
        self._by_endpoint: dict[str, _Endpoint] = {}
        self._waiting: list[int] = []  # totals that somebody waits for
        self._changed = threading.Condition()

    def enter(self, sends: Iterable[tuple[int, str]]) -> None:
        """Each is (account id, endpoint); "" for none."""
        with self._changed:
            for account_id, endpoint in sends:
                self._total += 1
                self._by_account[account_id] += 1
                if endpoint:
                    self._endpoint(endpoint).enter()

    def leave(self, account_id: int, endpoint: str = "") -> None:
        with self._changed:
            self._total -= 1
            self._by_account[account_id] -= 1
            if endpoint:
                self._by_endpoint[endpoint].leave()
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
        known = self._by_endpoint.get(endpoint)
        if known is None:
            return self.places
        places = max(self.places, min(int(known.pace * AHEAD), self.share // 2))
        return max(places - known.present, 0)

    def pace_at(self, endpoint: str) -> float:
        """How many sends a second it answers; 0.0 for one nobody knows."""
        known = self._by_endpoint.get(endpoint)
        return known.pace if known else 0.0

    def wait_for_room(self, timeout: float, at_least: int = 1) -> bool:
        """Wait until the process has room for `at_least` sends; False after `timeout` seconds."""
        return self._wait_for_total(self.limit - at_least, timeout)

    def wait_until_empty(self, timeout: float) -> bool:
        return self._wait_for_total(0, timeout)

    def _endpoint(self, endpoint: str) -> _Endpoint:
        known = self._by_endpoint.get(endpoint)
        if known is None:
            if len(self._by_endpoint) >= MOST_KNOWN:  # there are as many as customers like
                busy = {name: each for name, each in self._by_endpoint.items() if each.present}
                self._by_endpoint = busy
            known = self._by_endpoint[endpoint] = _Endpoint()
        return known

    def _wait_for_total(self, most: int, timeout: float) -> bool:
        with self._changed:
            self._waiting.append(most)
            try:
                return self._changed.wait_for(lambda: self._total <= most, timeout)
            finally:
                self._waiting.remove(most)
