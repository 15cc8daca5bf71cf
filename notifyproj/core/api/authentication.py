"""Who asks, what their key may do, and how fast they may ask.

A known key costs no query: it is remembered for two seconds per process. So a key that was
revoked, or a service that was disabled, works for two seconds more at most. A view without
`required_scope` is refused: forgetting it closes the door.

The rate is GCRA (a token bucket as one timestamp), shared through Redis; a burst is twice the rate.
While Redis is away or frozen the limit stays: each process counts for itself, up to its share of
the rate (`API_PROCESSES`), so together they allow no more than before. What was counted in Redis is
not known then: a service that had used up its burst gets one more.
"""

import hashlib
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Q
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from notifyproj.core import clock
from notifyproj.core.api.errors import ApiError
from notifyproj.core.models import ApiKey, Scope
from notifyproj.core.servers import redis_client

REMEMBERED_SECONDS = 2.0
REMEMBERED_KEYS = 10_000
LAST_USED_EVERY = timedelta(minutes=1)
BURST_SECONDS = 2.0
RequiredScope = str | Mapping[str, str]


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
            raise AuthenticationFailed("The API key is invalid or was revoked.")
        return caller, None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def presented_secret(meta: dict[str, Any]) -> str | None:
    """From `Authorization: Bearer ...` or `X-Api-Key: ...`; None if there is neither."""
    scheme, _, secret = meta.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() == "bearer":
        return str(secret.strip())
    return meta.get("HTTP_X_API_KEY")


def digest_of(secret: str) -> bytes:
    """What is kept of a key."""
    return hashlib.sha256(secret.encode()).digest()


_remembered: dict[bytes, tuple[float, Caller]] = {}


def caller_of(secret: str) -> Caller | None:
    """None for a key that is unknown or revoked, or whose service is disabled."""
    digest = digest_of(secret)
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
    return secret is not None and digest_of(secret) in _remembered


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


if TYPE_CHECKING:  # it imports this file, as a setting
    from rest_framework.views import APIView


class HasScope(BasePermission):
    """`required_scope` is a Scope, or {method: Scope}; HEAD counts as GET."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        caller = request.user
        if not isinstance(caller, Caller):
            return False  # DRF answers 401
        scope = scope_for(view, request.method or "")
        if scope is None:
            return False
        if not caller.may(scope):
            message = f"This route requires an API key with the scope `{scope}`."
            raise ApiError(403, "forbidden", message, {"Authorization": message})
        return True


def scope_for(view: "APIView | type[APIView]", method: str) -> str | None:
    """The scope this method of the view asks for; None when the view does not say."""
    required: RequiredScope | None = getattr(view, "required_scope", None)
    if isinstance(required, Mapping):
        return required.get("GET" if method == "HEAD" else method)
    return required


if TYPE_CHECKING:  # it imports this file, as a setting
    from rest_framework.views import APIView


class ServiceThrottle(BaseThrottle):
    """Charges one unit a request, whatever becomes of it; a view of batches charges the rest."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        if isinstance(request.user, Caller):
            charge(request.user, 1)
        return True


def charge_rest(caller: Caller, units: int) -> None:
    """Take what a batch of `units` costs beyond the one it was charged for as a request. One that
    is larger than the burst passes where nothing was taken before it. Raises ApiError 429."""
    if units > 1:
        charge(caller, units - 1, taken=1)


def charge_each(callers: Sequence[Caller]) -> list[ApiError | None]:
    """One unit for each of these requests. Returns what refuses it, or None; the first requests
    of a service are those that pass."""
    errors: list[ApiError | None] = [None] * len(callers)
    places: dict[int, list[int]] = {}
    for place, caller in enumerate(callers):
        places.setdefault(caller.service_id, []).append(place)
    for own in places.values():
        passed, error = _charge_most(callers[own[0]], len(own))
        for place in own[passed:]:
            errors[place] = error
    return errors


def _charge_most(caller: Caller, units: int) -> tuple[int, ApiError | None]:
    """How many of them pass, and what refuses the next one."""
    if 1 < units <= caller.rate_per_second * BURST_SECONDS:
        with suppress(ApiError):
            charge(caller, units)
            return units, None
    for passed in range(units):
        try:
            charge(caller, 1)
        except ApiError as error:
            return passed, error
    return units, None


def charge(caller: Caller, units: int, taken: int = 0) -> None:
    """Take `units` from the service's allowance. Raises ApiError 429."""
    wait = _take(caller.service_id, caller.rate_per_second, units, taken)
    if wait > 0:
        message = f"Too many requests: the limit is {caller.rate_per_second} per second."
        raise ApiError(429, "rate_limited", message, retry_after=wait)


def _take(service_id: int, rate: int, units: int, taken: int) -> float:
    share = rate / max(1, settings.API_PROCESSES)
    key = f"api-rate:{service_id}"
    return redis_client.take_units(
        key, rate=rate, burst=BURST_SECONDS, units=units, taken=taken, local_rate=share
    )
