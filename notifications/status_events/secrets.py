"""An endpoint's secrets at rest: under the key ring, bound to their row, newest first.

After a rotation the old one signs, too, until its time is over.
"""

from datetime import datetime

import msgspec

from notifications.status_events.models import StatusEndpoint
from notifyproj.core import encryption
from notifyproj.core.encryption import Undecryptable


class Kept(msgspec.Struct, array_like=True):
    """`until` None: the current one."""

    secret: str
    until: datetime | None = None

    def __repr__(self) -> str:
        return f"Kept(until={self.until})"


def seal(endpoint_id: int, kept: list[Kept]) -> bytes:
    return encryption.ring().wrap(msgspec.json.encode(kept), _aad(endpoint_id))


def unseal(endpoint_id: int, sealed: bytes) -> list[Kept]:
    """Raises Undecryptable."""
    return msgspec.json.decode(encryption.ring().unwrap(sealed, _aad(endpoint_id)), type=list[Kept])


def valid(kept: list[Kept], now: datetime) -> list[Kept]:
    return [one for one in kept if one.until is None or one.until > now]


def rewrap_all(failed: list[str]) -> None:
    """Under the newest key of the ring; `failed` gets what no key opens."""
    for pk, sealed in StatusEndpoint.objects.order_by("pk").values_list("pk", "secrets"):
        before = bytes(sealed)
        if not before or encryption.ring().is_current(before):
            continue
        try:
            after = seal(pk, unseal(pk, before))
        except Undecryptable:
            failed.append(f"status endpoint {pk}")
            continue
        # Not over a secret that was rotated meanwhile.
        StatusEndpoint.objects.filter(pk=pk, secrets=before).update(secrets=after)


def _aad(endpoint_id: int) -> bytes:
    return f"status_endpoint.secrets:{endpoint_id}".encode()
