"""What an item says, sealed under the key of the person it waits for."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from notifications.variables import seal, unseal
from notifyproj.core.encryption import Undecryptable, lookup_hash
from notifyproj.core.sqlarrays import array
from preferences.addresses.addresses import open_data_key

PARENTS = """
SELECT id::text, service_id, variables,
       NOT everyone AND cardinality(recipient_ids) = 1 AND cardinality(unknown_recipients) = 0
FROM notification WHERE id = ANY(%s::uuid[]) AND id BETWEEN %s::uuid AND %s::uuid
"""
KEYS = "SELECT id, external_id, data_key FROM recipient WHERE id = ANY(%s::bigint[])"


class Reader(NamedTuple):
    """A person, as sealing needs them."""

    id: int
    external_id: str
    key: bytes | None  # None: erased, or it cannot be opened


class Content(NamedTuple):
    """A notification's variables, to be copied for each of its people."""

    notification_id: str
    service_id: int
    sealed: bytes
    personal: bool  # sealed under its one person's key already
    shared: Mapping[str, Any] | None  # None: they cannot be opened

    def sealed_for(self, key: bytes) -> bytes:
        """Raises Undecryptable."""
        if self.personal:
            return self.sealed
        if self.shared is None:
            raise Undecryptable
        return seal(self.notification_id, self.shared, key)

    def value_of(self, name: str, key: bytes) -> Any:
        """Raises Undecryptable."""
        if self.personal:
            return unseal(self.notification_id, self.sealed, key).get(name)
        return (self.shared or {}).get(name)


def load_contents(notification_ids: Collection[str]) -> dict[str, Content]:
    ids = sorted(notification_ids)
    with connection.cursor() as cursor:
        cursor.execute(PARENTS, [array(ids), ids[0], ids[-1]])
        return {row[0]: _content(row[0], row[1], bytes(row[2]), row[3]) for row in cursor}


def _content(id_: str, service_id: int, sealed: bytes, personal: bool) -> Content:
    try:
        shared = None if personal else unseal(id_, sealed, None)
    except Undecryptable:
        shared = None
    return Content(
        notification_id=id_, service_id=service_id, sealed=sealed, personal=personal, shared=shared
    )


def load_readers(recipient_ids: Iterable[int]) -> dict[int, Reader]:
    """Returns a reader of sealed items for each person, by the person's id."""
    with connection.cursor() as cursor:
        cursor.execute(KEYS, [array(recipient_ids)])
        return {row[0]: Reader(row[0], row[1], _opened(row[2], row[1])) for row in cursor}


def _opened(wrapped: bytes | None, external_id: str) -> bytes | None:
    try:
        return open_data_key(bytes(wrapped), external_id) if wrapped else None
    except Undecryptable:
        return None


def key_of(value: Any) -> str:
    """What keeps digests apart, as a keyed hash: it may be an address or a name."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return lookup_hash("digest", text).hex()
