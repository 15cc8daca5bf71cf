"""How much is in flight, and how much more may start: sends of the process, of an account and of an
endpoint (`Gauge`), and requests on one way to a peer, as many as its window has, in the order of
coming (`Flow`).
"""

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Hashable, Iterable, Mapping
from time import monotonic

from channels.transport.window import Window

AHEAD = 2.0  # seconds of its own pace that an endpoint may have before it
WINDOWS_AHEAD = (
    2  # times its window that a peer may have in flight and waiting, so that it never runs dry
)
SHORTEST = 0.05  # seconds: a pace is not measured in less
SLOWEST = 0.1  # requests a second of a peer that has not answered once
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
        """How many sends a second it completes; 0.0 for an unknown one."""
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


class Flow:
    """Belongs to one event loop; `room` may be asked from any thread."""

    def __init__(self, window: Window, ahead: float = 0.0) -> None:
        """`ahead`: the seconds of its pace that a quick peer may have before it, where its window
        alone would run dry."""
        self.window = window
        self._ahead = ahead
        self._present = 0
        self._moved_at = 0.0  # when one last came to an empty flow, or left it; monotonic
        self._waiting: deque[asyncio.Future[bool]] = deque()

    def room(self) -> int:
        """How many more requests are worth bringing now. To a quick peer, as many as it may ever
        have: brought in small portions, a delivery cost a worker a quarter more CPU."""
        window = self.window
        if window.is_quick:
            ahead = max(window.most, int(window.pace * self._ahead))
        else:
            ahead = int(window.size * WINDOWS_AHEAD)
        return max(0, ahead - self._present - len(self._waiting))

    @property
    def is_slow(self) -> bool:
        """Also one that has taken what it may, and is silent."""
        silent = self._present >= int(self.window.size)
        silent = silent and monotonic() - self._moved_at > self.window.slow_after
        return silent or self.window.is_slow

    def take(self) -> bool:
        """Whether there was a place now. Then `leave` is due."""
        if self._present < int(self.window.size) and not self._waiting:
            if not self._present:
                self._moved_at = monotonic()
            self._present += 1
            return True
        return False

    async def enter(self, deadline: float) -> bool:
        """Whether there was a place before `deadline`, monotonic. Then `leave` is due."""
        if self.take():
            return True
        loop = asyncio.get_running_loop()
        place: asyncio.Future[bool] = loop.create_future()
        self._waiting.append(place)
        timer = loop.call_later(max(deadline - monotonic(), 0.0), self._give_up, place)
        try:
            return await place
        finally:
            timer.cancel()

    def leave(self, started: float) -> None:
        """`started`: when it had its place, monotonic."""
        self._moved_at = monotonic()
        self.window.ended(self._moved_at - started, self._present)
        self._present -= 1
        while self._waiting and self._present < int(self.window.size):
            place = self._waiting.popleft()
            if not place.done():
                self._present += 1
                place.set_result(True)

    def _give_up(self, place: asyncio.Future[bool]) -> None:
        if not place.done():
            place.set_result(False)
            self._waiting.remove(place)


class Flows:
    """Of each account. Asked from any thread, so a change replaces what an account has."""

    def __init__(self) -> None:
        self._by_account: dict[int, Mapping[Hashable, Flow]] = {}

    def put(self, account_id: int, key: Hashable, flow: Flow | None) -> None:
        """None: that way is gone."""
        others = {k: v for k, v in self._by_account.get(account_id, {}).items() if k != key}
        self._by_account[account_id] = {**others, key: flow} if flow else others

    def room(self, account_id: int) -> int | None:
        """How many more requests this account's peer is worth bringing now; None: nobody knows."""
        flows = self._by_account.get(account_id)
        return sum(flow.room() for flow in flows.values()) if flows else None

    def pace(self, account_id: int) -> float | None:
        """Requests a second that a slow peer takes; None for one that could take more."""
        flows = self._by_account.get(account_id, {}).values()
        slow = any(flow.is_slow for flow in flows)
        return max(sum(flow.window.pace for flow in flows), SLOWEST) if slow else None
