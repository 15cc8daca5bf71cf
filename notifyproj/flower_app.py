"""The Celery application as Flower is given it: also its metrics ask for the login, and logins
have a limit. Flower 2.2 leaves `/metrics` open, whatever `FLOWER_BASIC_AUTH` says."""

import time
from typing import Any

from flower.views import BaseHandler  # type: ignore[import-untyped]  # the library has no types
from flower.views.monitor import Metrics  # type: ignore[import-untyped]  # the library has no types
from tornado.web import HTTPError, authenticated

from celery_app import app as app
from notifyproj.core.login_limits import ADDRESS, network
from notifyproj.core.servers.redis_client import LocalBuckets

_buckets = LocalBuckets()  # one process: there is nobody to share with
_checked_by_flower = BaseHandler.get_current_user


def get_current_user(handler: Any) -> Any:
    """Flower's own check; 429 for an address that failed too often."""
    if not handler.request.headers.get("Authorization"):
        return _checked_by_flower(handler)
    key = network(handler.request.remote_ip or "")
    if _take(key, 1):
        raise HTTPError(429)
    user = _checked_by_flower(handler)
    if user:
        _take(key, -1)
    return user


def _take(key: str, units: int) -> float:
    burst = ADDRESS.at_once * ADDRESS.seconds
    return _buckets.take(
        key, rate=1 / ADDRESS.seconds, burst=burst, units=units, now=time.monotonic()
    )


BaseHandler.get_current_user = get_current_user
Metrics.get = authenticated(Metrics.get)
