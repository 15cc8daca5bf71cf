"""Certificates that callbacks are signed with: fetched from the provider's own address, once.

Anybody can make us fetch one, as the URL is in the callback: so one at a time, and few a minute.
"""

import threading
import time
from collections import OrderedDict, deque

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import load_pem_x509_certificate

from channels.base import HttpRequest
from notifications.callbacks.receive.request import SECONDS, call
from notifyproj.core.clock import now as clock_now

MOST_KEPT = 32
MOST_A_MINUTE = 6
MOST_BYTES = 20_000
KEPT_FOR = 24 * 3600.0  # seconds

_lock = threading.Lock()
_kept: OrderedDict[str, tuple[float, str]] = OrderedDict()
_fetched: deque[float] = deque(maxlen=MOST_A_MINUTE)


def known(url: str) -> str | None:
    """Returns the certificate (PEM) if it was fetched before, else None."""
    until, pem = _kept.get(url, (0.0, ""))
    return pem if time.monotonic() < until else None


def get(url: str) -> str:
    """The PEM; "" when it cannot be had now. May take some seconds, also of those before it."""
    if not _lock.acquire(timeout=SECONDS):
        return ""
    try:
        found = known(url)
        if found is not None or not _may_fetch():
            return found or ""
        pem = _fetch(url)
        seconds = _good_for(pem)
        if seconds <= 0:
            return ""
        _kept[url] = (time.monotonic() + seconds, pem)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
        return pem
    finally:
        _lock.release()


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
    return answer.body.decode("ascii", "replace")


def _good_for(pem: str) -> float:
    """Seconds; 0 for what nothing can be checked with: a page that says 200 in its place, a damaged
    one, one whose time is over or has not begun."""
    try:
        found = load_pem_x509_certificate(pem.encode())
        usable = isinstance(found.public_key(), RSAPublicKey)
    except (ValueError, UnsupportedAlgorithm):
        return 0.0
    now = clock_now()
    if not usable or now < found.not_valid_before_utc:
        return 0.0
    return min(KEPT_FOR, (found.not_valid_after_utc - now).total_seconds())
