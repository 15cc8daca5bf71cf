"""A notification's variables at rest.

Sealed under the person's key, so that erasing the person erases them; under the key ring when many
people share them, as they are then nobody's own. Those of a type marked `sensitive` do not outlive
their purpose: they are wiped once the notification is resolved and nothing of it waits.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from django.db import connection

from notifications.statuses import NotificationState
from notifyproj.core import encryption
from notifyproj.core.ids import day_in
from notifyproj.core.sqlarrays import array
from preferences.facts.types import catalogue

OPEN = (NotificationState.SCHEDULED, NotificationState.ACCEPTED)
Variables = Mapping[str, Any]
WIPE = """
UPDATE notification n SET variables = ''
WHERE n.id = ANY(%s::uuid[]) AND n.id BETWEEN %s::uuid AND %s::uuid AND n.state <> ALL(%s)
  AND n.variables <> '' AND NOT EXISTS (
    SELECT FROM delivery d
    WHERE d.notification_id = n.id AND d.due_at IS NOT NULL
      AND d.id BETWEEN (left(n.id::text, 13) || '-0000-0000-000000000000')::uuid
          AND (left(n.id::text, 13) || '-ffff-ffff-ffffffffffff')::uuid
      AND d.id BETWEEN %s::uuid AND %s::uuid)
"""


def seal(notification_id: str, variables: Variables, key: bytes | None) -> bytes:
    """`key` is the one recipient's data key, opened; None for a shared notification."""
    if not variables:
        return b""
    text = msgspec.json.encode(variables)
    if key is None:
        day = day_in(notification_id)
        return encryption.ring().wrap_of_day(text, _aad(notification_id), day)
    return encryption.encrypt(key, text, _aad(notification_id))


def unseal(notification_id: str, sealed: bytes, key: bytes | None) -> dict[str, Any]:
    """Raises Undecryptable."""
    if not sealed:
        return {}
    if key is None:
        text = encryption.ring().unwrap(sealed, _aad(notification_id))
    else:
        text = encryption.decrypt(key, sealed, _aad(notification_id))
    opened: dict[str, Any] = msgspec.json.decode(text)
    return opened


def rewrap(notification_id: str, sealed: bytes) -> bytes:
    """Shared variables under the ring's newest key. Raises Undecryptable."""
    ring, aad = encryption.ring(), _aad(notification_id)
    return ring.wrap_of_day(ring.unwrap(sealed, aad), aad, day_in(notification_id))


def wipe(settled: Iterable[tuple[str, int]]) -> None:
    """Of (notification id, type id), those that are sensitive and done. Others stay as they are.

    Only after the commit of what settled them: of two that settle the last two deliveries at
    once, neither sees the other's before.
    """
    sensitive = {type_.id for type_ in catalogue.get().by_id.values() if type_.sensitive}
    parents = sorted({id_ for id_, type_id in settled if type_id in sensitive})
    if not parents:
        return
    # The deliveries of a notification share its millisecond; the outer bounds only prune.
    low, high = f"{parents[0][:13]}-0000-0000-000000000000", f"{parents[-1][:13]}"
    params: list[Any] = [array(parents), parents[0], parents[-1], [s.value for s in OPEN]]
    with connection.cursor() as cursor:
        cursor.execute(WIPE, [*params, low, f"{high}-ffff-ffff-ffffffffffff"])


def _aad(notification_id: str) -> bytes:
    return b"notification.variables:" + notification_id.encode()
