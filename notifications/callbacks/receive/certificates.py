"""Certificates that callbacks are signed with: fetched from the provider's own address, once.

Anybody can make us fetch one, as the URL is in the callback: so one at a time, and few a minute.
"""

import threading
import time
from collections import OrderedDict, deque

from channels.base import HttpRequest
from notifications.callbacks.receive.request import call

MOST_KEPT = 32
MOST_A_MINUTE = 6
MOST_BYTES = 20_000
BEGINS = "-----BEGIN CERTIFICATE-----"
KEPT_FOR = 24 * 3600.0  # seconds

_lock = threading.Lock()
_kept: OrderedDict[str, tuple[float, str]] = OrderedDict()
_fetched: deque[float] = deque(maxlen=MOST_A_MINUTE)


def known(url: str) -> str | None:
    """The PEM, if it was fetched before."""
    until, pem = _kept.get(url, (0.0, ""))
    return pem if time.monotonic() < until else None


def get(url: str) -> str:
    """The PEM; "" when it cannot be had now. May take some seconds."""
    with _lock:
        found = known(url)
        if found is not None or not _may_fetch():
            return found or ""
        pem = _fetch(url)
        if pem:
            _kept[url] = (time.monotonic() + KEPT_FOR, pem)
            while len(_kept) > MOST_KEPT:
                _kept.popitem(last=False)
        return pem


def forget() -> None:
    _kept.clear()
    _fetched.clear()


def _may_fetch() -> bool:
    now = time.monotonic()
    if len(_fetched) == MOST_A_MINUTE and now - _fetched[0] < 60:
        return False
    _fetched.append(now)
    return True


def _fetch(url: str) -> str:
    answer = call(HttpRequest("GET", url, {}, b""))
    if answer is None or answer.status != 200 or len(answer.body) > MOST_BYTES:
        return ""
    text = answer.body.decode("ascii", "replace")
    return text if BEGINS in text else ""  # a page that says 200 in its place is not kept
