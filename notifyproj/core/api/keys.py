"""Services and their keys."""

import re
from collections.abc import Sequence

from notifyproj.core import clock
from notifyproj.core.api import authentication
from notifyproj.core.models import ApiKey, Scope, Service

SLUG = re.compile(r"[-a-zA-Z0-9_]{1,50}")


def service_create(*, slug: str, name: str = "", rate_per_second: int | None = None) -> Service:
    """Raises ValueError for a malformed slug, IntegrityError for one that is taken."""
    if not SLUG.fullmatch(slug):
        raise ValueError("A slug must have 1 to 50 letters, digits, hyphens or underscores.")
    return Service.objects.create(slug=slug, name=name or slug, rate_per_second=rate_per_second)


def api_key_create(
    *, service: Service, scopes: Sequence[str], name: str = ""
) -> tuple[ApiKey, str]:
    """The key and its secret, which is shown now or never. Raises ValueError."""
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        raise ValueError(f"Scopes are some of {', '.join(Scope.values)}; not {unknown}.")
    secret = ApiKey.new_secret()
    key = ApiKey.objects.create(
        service=service,
        name=name,
        hash=authentication.digest_of(secret),
        hint=secret[-4:],
        scopes=sorted(set(scopes)),
    )
    return key, secret


def api_key_revoke(*, key: ApiKey) -> None:
    """In this process at once, in others within `authentication.REMEMBERED_SECONDS`."""
    if key.revoked_at is None:
        key.revoked_at = clock.now()
        key.save(update_fields=["revoked_at"])
    authentication.forget(bytes(key.hash))
