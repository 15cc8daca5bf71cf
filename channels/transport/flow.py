"""The places of one way to a peer: as many as its window has, in the order of coming."""

import asyncio
from collections import deque
from collections.abc import Hashable, Mapping
from time import monotonic

from channels.transport.window import Window

SLOWEST = 0.1  # requests a second of a peer that has not answered once
AHEAD = 2  # times its window that a peer may have in flight and waiting, so that it never runs dry


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
            ahead = int(window.size * AHEAD)
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
