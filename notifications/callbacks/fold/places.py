"""The address that an event is about."""

from collections.abc import Mapping
from copy import copy

from notifications.callbacks.fold.parse import Told
from notifications.callbacks.fold.transitions import Row
from preferences.addresses import addresses


class Place:
    """The address an event is about: of the delivery it names, else as the provider says it."""

    def __init__(self, told: Told, row: Row | None, hashes: Mapping[int, bytes]) -> None:
        self.contact_point_id = row.contact_point_id if row else None
        self.recipient_id = row.recipient_id if row else None
        own = hashes.get(self.contact_point_id) if self.contact_point_id else None
        said, former = _hashes(told)
        self.hash = own or said
        same = {said, *former} if own is None or own in (said, *former) else set()
        self.others = tuple(sorted({hash_ for hash_ in same if hash_} - {self.hash}))

    def of(self, hash_: bytes) -> "Place":
        """The same address in another form, under which others have it."""
        twin = copy(self)
        twin.hash, twin.others, twin.contact_point_id = hash_, (), None
        return twin


def _hashes(told: Told) -> tuple[bytes | None, tuple[bytes, ...]]:
    """Of today, and former ones; an address may be one that is sent to no more."""
    channel, text = told.channel, told.event.address
    if not addresses.is_one(channel, text):
        return None, ()
    return addresses.hash_of(channel, text), addresses.former_hashes_of(channel, text)
