"""API keys. A known key costs no query: it is remembered for five seconds per process.

So a key that was revoked, or a service that was disabled, works for five seconds more at most.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from notifyproj.core import clock
from notifyproj.core.models import ApiKey, Scope

REMEMBERED_SECONDS = 5.0
REMEMBERED_KEYS = 10_000
LAST_USED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: `request.user` of every API view."""

    service_id: int
    service: str  # slug
    key_id: int
    scopes: frozenset[str]
    rate_per_second: int
    is_authenticated: bool = True

    @property
    def only(self) -> int | None:
        """The service whose things this key sees; None: everybody's."""
        return None if Scope.ADMIN in self.scopes else self.service_id

    def may(self, scope: str) -> bool:
        return scope in self.scopes or Scope.ADMIN in self.scopes


class ApiKeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Caller, None] | None:
        secret = presented_secret(request.META)
        if secret is None:
            return None
        caller = caller_of(secret)
        if caller is None:
            raise AuthenticationFailed("The API key is unknown or was revoked.")
        return caller, None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def presented_secret(meta: dict[str, Any]) -> str | None:
    """From `Authorization: Bearer ...` or `X-Api-Key: ...`; None if there is neither."""
    scheme, _, secret = meta.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() == "bearer":
        return str(secret.strip())
    return meta.get("HTTP_X_API_KEY")


_remembered: dict[bytes, tuple[float, Caller]] = {}


def caller_of(secret: str) -> Caller | None:
    """None for a key that is unknown or revoked, or whose service is disabled."""
    digest = ApiKey.digest(secret)
    found = _remembered.get(digest)
    if found and found[0] > time.monotonic():
        return found[1]
    caller = _load(digest)
    if caller is None:
        _remembered.pop(digest, None)
        return None
    if len(_remembered) >= REMEMBERED_KEYS:
        _remembered.clear()
    _remembered[digest] = (time.monotonic() + REMEMBERED_SECONDS, caller)
    return caller


def is_remembered(meta: dict[str, Any]) -> bool:
    """Whether this key was good here lately; asks nobody."""
    secret = presented_secret(meta)
    return secret is not None and ApiKey.digest(secret) in _remembered


def forget(digest: bytes | None = None) -> None:
    """Let this process ask the database again, for one key or for all."""
    if digest is None:
        _remembered.clear()
    else:
        _remembered.pop(digest, None)


def _load(digest: bytes) -> Caller | None:
    key = (
        ApiKey.objects.select_related("service")
        .filter(hash=digest, revoked_at=None, service__enabled=True)
        .first()
    )
    if key is None:
        return None
    _note_use(key)
    return Caller(
        service_id=key.service_id,
        service=key.service.slug,
        key_id=key.pk,
        scopes=frozenset(key.scopes),
        rate_per_second=key.service.rate_per_second or settings.API_RATE_PER_SECOND,
    )


def _note_use(key: ApiKey) -> None:
    """At most once a minute, whatever the number of processes that see the key."""
    now = clock.now()
    if key.last_used_at and now - key.last_used_at < LAST_USED_EVERY:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_EVERY)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
