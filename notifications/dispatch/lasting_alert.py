"""An alert about some of many, by their names: raised once that has lasted, and again when they
are others; resolved when it is over."""

import time

from notifyproj.core.alerts.alerts import alert_raise, alert_resolve


class LastingAlert:
    """One process tells of it, again and again."""

    def __init__(self, *, key: str, title: str) -> None:
        self._key, self._title = key, title
        self.forget()

    def forget(self) -> None:
        self._since: float | None = None
        self._told: list[str] | None = None  # None: what an earlier process told is not known

    def tell(self, names: list[str], *, after: float) -> None:
        """`after`: seconds that it may last before somebody is told."""
        if not names:
            self._end()
            return
        self._since = self._since or time.monotonic()
        if names != self._told and time.monotonic() - self._since >= after:
            alert_raise(key=self._key, title=self._title, detail=", ".join(names))
            self._told = names

    def _end(self) -> None:
        self._since = None
        if self._told != []:
            alert_resolve(key=self._key)
            self._told = []
