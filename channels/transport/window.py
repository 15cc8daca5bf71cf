"""How many requests a peer gets at a time: as many as it answers soon, and no more. Pure.

What waits for a free stream or connection inside the HTTP client has its time limit running, and
when that ends nobody can say whether it left. So it waits before: the window is small until the
peer has shown how fast it is, grows while it answers as fast as it ever did, and shrinks when
answers take a large part of the time limit because of how many they are.
"""

FIRST = 4  # before the first answer
MOST_AT_FIRST = 32  # after it: a peer may have one stream, and be quick
LATE, TOO_LATE = 0.25, 0.6  # of the time limit
SMOOTH = 1 / 16  # of each answer: one in a hundred that hangs says nothing of the others
UNQUEUED, QUEUED = 1.5, 2.0  # times its best: it has no more than it can do at once, or has
FORGET = 1.0001  # an answer: a peer that is slower for good has a new best after some thousand
SHORTEST = 1e-4  # seconds
KNOWN = 8  # answers after which a peer may be called slow: the first open its connection


class Window:
    """`size` is how many may be in flight; `most` is never passed."""

    __slots__ = (
        *("_answers", "_best", "_late", "_since_cut", "_too_late", "_usual"),
        *("most", "size", "slow_after"),
    )

    def __init__(
        self, most: int, timeout: float, first: int = FIRST, slow_after: float | None = None
    ) -> None:
        """`slow_after`: the seconds of an answer above which a peer is called slow, where the time
        limit does not say it."""
        self.most = most
        self.size = float(min(first, most))
        self._late, self._too_late = timeout * LATE, timeout * TOO_LATE
        self.slow_after = slow_after or self._late / 2
        self._usual = 0.0  # seconds an answer takes, smoothed
        self._best = 0.0  # seconds it takes when the peer has little to do
        self._since_cut = 0
        self._answers = 0

    @property
    def is_slow(self) -> bool:
        """Whether more at a time would not help: the peer takes what it can."""
        return self._answers >= KNOWN and self._usual > self.slow_after

    @property
    def is_quick(self) -> bool:
        """It has answered, and what waits here will soon have its turn."""
        return 0.0 < self._usual <= self.slow_after

    @property
    def pace(self) -> float:
        """Requests a second that a full window lets through, about; 0.0 before the first answer."""
        return self.size / self._usual if self._usual else 0.0

    def ended(self, seconds: float, in_flight: int) -> None:
        """A request took so long, whether it was answered or not; `in_flight` counts it."""
        self._answers += 1
        if not self._best:
            self._begin(max(seconds, SHORTEST))
            return
        usual = self._usual = self._usual + (seconds - self._usual) * SMOOTH
        best = self._best = self._best * FORGET if seconds > self._best else max(seconds, SHORTEST)
        self._since_cut += 1
        soon, slower = self._late / 2, seconds if seconds > usual else usual
        if slower < soon or (slower < best * UNQUEUED and slower < self._too_late):
            if self.size < self.most and in_flight * 2 >= self.size:
                self.size = min(self.size + 1, self.most)
        elif usual > self._too_late:
            self._cut(FIRST)
        elif usual > self._late and usual > best * QUEUED:
            self._cut(1)

    def _begin(self, seconds: float) -> None:
        self._usual = self._best = seconds
        self.size = float(min(max(1, self._late / seconds), MOST_AT_FIRST, self.most))

    def _cut(self, least: int) -> None:
        """Once for each that was in flight: their answers tell of the window before."""
        if self._since_cut >= self.size:
            smaller = self.size * max(0.5, self._late / self._usual)
            self.size = min(self.size, max(least, smaller))
            self._since_cut = 0


class Steady(Window):
    """Always `most`: what comes here was paced before."""

    __slots__ = ()

    def __init__(self, most: int) -> None:
        super().__init__(most, 1.0, most)

    def ended(self, seconds: float, in_flight: int) -> None:
        return
