"""The part of an erasure that is done at once, and the note of what is left to do."""

import logging
from typing import Any

import msgspec
from django.db import connection

from channels.inbox.models import InboxItem
from notifyproj.core import clock, encryption, erasures
from notifyproj.core.encryption import Undecryptable
from notifyproj.core.erasures import Subject
from preferences.addresses import addresses
from preferences.models import Erasure, QuietHours, Recipient
from preferences.recipients import tombstones

SHORTEST_NAME = 3

log = logging.getLogger(__name__)


def take_away(recipient: Recipient) -> None:
    """In the caller's transaction, which has the row locked: key, addresses, inbox, attributes,
    name. What the log says of them is noted for the steps."""
    _lock_points(recipient.pk)
    _note(recipient)
    recipient.contact_points.all().delete()
    InboxItem.objects.filter(recipient_id=recipient.pk).delete()
    QuietHours.objects.filter(recipient=recipient).delete()
    name = tombstones.name_of(recipient.external_id)
    tombstones.make_way(name)
    recipient.external_id, recipient.data_key, recipient.attributes = name, None, {}
    recipient.locale, recipient.timezone, recipient.paused_until = "", "UTC", None
    recipient.erased_at = clock.now()
    recipient.save()
    for forget in erasures.at_once:
        forget(recipient.pk)


def subject_of(row: Erasure) -> Subject:
    """Without words once they are forgotten, or when no key opens them."""
    points = tuple((channel, id_) for channel, id_ in row.points)
    names = Recipient.objects.filter(pk=row.recipient_id).values_list("external_id", flat=True)
    known: dict[str, Any] = {}
    if row.sealed:
        try:
            known = msgspec.json.decode(encryption.ring().unwrap(bytes(row.sealed), _aad(row.pk)))
        except Undecryptable:
            known = {}
    return Subject(
        recipient_id=row.recipient_id,
        tombstone=names.first() or tombstones.PREFIX,
        points=points,
        hashes=tuple(bytes.fromhex(text) for text in known.get("hashes", ())),
        external_id=known.get("external_id", ""),
        addresses=tuple(known.get("addresses", ())),
        names=tuple(known.get("names", ())),
    )


def rewrap_all(failed: list[str]) -> None:
    """What is noted, under the newest key of the ring; `failed` gets what no key opens."""
    ring = encryption.ring()
    for pk, sealed in Erasure.objects.exclude(sealed=b"").values_list("pk", "sealed"):
        before = bytes(sealed)
        if ring.is_current(before):
            continue
        try:
            after = ring.wrap(ring.unwrap(before, _aad(pk)), _aad(pk))
        except Undecryptable:
            failed.append(f"erasure {pk}")
            continue
        Erasure.objects.filter(pk=pk, sealed=before).update(sealed=after)


def _note(recipient: Recipient) -> None:
    columns = ("pk", "channel", "address_hash", "address")
    rows = list(recipient.contact_points.values_list(*columns))
    known = {
        "external_id": recipient.external_id,
        "addresses": _opened(recipient, [(c, bytes(h), bytes(a)) for _, c, h, a in rows]),
        "hashes": [bytes(hash_).hex() for _, _, hash_, _ in rows],
        "names": _names(recipient.attributes),
    }
    sealed = encryption.ring().wrap(msgspec.json.encode(known), _aad(recipient.pk))
    Erasure.objects.create(
        recipient_id=recipient.pk,
        begun_at=clock.now(),
        due_at=clock.now(),
        sealed=sealed,
        points=[[channel, pk] for pk, channel, _, _ in rows],
    )


def _names(attributes: dict[str, Any]) -> list[str]:
    """Those attributes that are called so: name, first_name, companyName."""
    texts = [str(value) for key, value in attributes.items() if "name" in key.lower()]
    return [text for text in texts if len(text) >= SHORTEST_NAME]


def _opened(recipient: Recipient, sealed: list[tuple[str, bytes, bytes]]) -> list[str]:
    """Those that can be read: an erasure must not fail for a damaged row."""
    found: list[str] = []
    try:
        key = addresses.open_data_key(bytes(recipient.data_key or b""), recipient.external_id)
        for channel, hash_, address in sealed:
            text = addresses.unseal(key, recipient.pk, hash_, address)
            found += [text, addresses.place_of(channel, text)]
    except Undecryptable:
        log.warning("an address cannot be read", extra={"recipient_id": recipient.pk})
    return list(dict.fromkeys(found))


def _lock_points(recipient_id: int) -> None:
    """In the order in which registrations lock them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM contact_point WHERE recipient_id = %s "
            "ORDER BY app_id, address_hash FOR UPDATE",
            [recipient_id],
        )


def _aad(recipient_id: int) -> bytes:
    return f"erasure.sealed:{recipient_id}".encode()
