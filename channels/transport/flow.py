"""The places of one way to a peer: as many as its window has, in the order of coming."""

import asyncio
from collections import deque
from collections.abc import Hashable, Mapping
from time import monotonic

from channels.transport.window import Window

AHEAD = 2  # times its window that a peer may have in flight and waiting, so that it never runs dry


class Flow:
    """Belongs to one event loop; `room` may be asked from any thread."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self._present = 0
        self._waiting: deque[asyncio.Future[bool]] = deque()

    def room(self) -> int:
        """How many more requests are worth bringing now. To a quick peer, as many as it may ever
        have: brought in small portions, a delivery cost a worker a quarter more CPU."""
        ahead = self.window.most if self.window.is_quick else int(self.window.size * AHEAD)
        return max(0, ahead - self._present - len(self._waiting))

    async def enter(self, deadline: float) -> bool:
        """Whether there was a place before `deadline`, monotonic. Then `leave` is due."""
        if self._present < int(self.window.size) and not self._waiting:
            self._present += 1
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
        self.window.ended(monotonic() - started, self._present)
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
        windows = [flow.window for flow in self._by_account.get(account_id, {}).values()]
        slow = any(window.is_slow for window in windows)
        return sum(window.pace for window in windows) if slow else None
