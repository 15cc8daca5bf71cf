"""From a digest's items to the one notification that says them all."""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from notifications.accept.checks import LONGEST_LIFE
from notifications.accept.draft import Draft, Known
from notifications.accept.requests import SendRequest
from notifications.digests.item_content import Reader, load_readers
from notifications.statuses import NotificationState
from notifications.variables import seal, unseal
from notifyproj.core.clock import milliseconds
from notifyproj.core.encryption import Undecryptable
from notifyproj.core.ids import uuid7
from notifyproj.core.sqlarrays import array
from preferences.facts.types import TypeValue, type_of
from templates.versions.published import VersionValue, compiled, find_version

log = logging.getLogger(__name__)

ITEMS = """
SELECT digest_id, notification_id::text, at, channels, variables FROM digest_item
WHERE digest_id = ANY(%s::bigint[]) ORDER BY digest_id, at, notification_id
"""
# What was cancelled meanwhile goes out in no digest either.
CANCELLED = """
SELECT id::text FROM notification
WHERE id = ANY(%s::uuid[]) AND id BETWEEN %s::uuid AND %s::uuid AND state = %s
"""


class Due(NamedTuple):
    """A digest to be written."""

    id: int
    service_id: int
    recipient_id: int
    type_id: int
    items: int  # also those not kept
    lane: int
    template_version_id: int


class Stored(NamedTuple):
    digest_id: int
    notification_id: str
    at: datetime
    channels: list[str]
    sealed: memoryview | None  # None: it only counts


class Kept(NamedTuple):
    """An item whose content can be told."""

    variables: dict[str, Any]
    channels: tuple[str, ...]


def drafts_of(due: Sequence[Due], now: datetime) -> dict[int, Draft]:
    """By digest; those of which nothing is left to say have none."""
    readers = load_readers({digest.recipient_id for digest in due})
    stored = _stored(due)
    cancelled = _cancelled({item.notification_id for items in stored.values() for item in items})
    drafts: dict[int, Draft] = {}
    for digest in due:
        items = stored.get(digest.id, [])
        left = [item for item in items if item.notification_id not in cancelled]
        count = digest.items - (len(items) - len(left))
        reader = readers.get(digest.recipient_id)
        draft = _draft(digest, reader, left, count, now) if reader and left else None
        if draft is not None:
            drafts[digest.id] = draft
    return drafts


def _stored(due: Sequence[Due]) -> dict[int, list[Stored]]:
    with connection.cursor() as cursor:
        cursor.execute(ITEMS, [array(digest.id for digest in due)])
        found: dict[int, list[Stored]] = {}
        for item in map(Stored._make, cursor.fetchall()):
            found.setdefault(item.digest_id, []).append(item)
        return found


def _cancelled(notification_ids: Collection[str]) -> set[str]:
    if not notification_ids:
        return set()
    ids = sorted(notification_ids)
    with connection.cursor() as cursor:
        state = NotificationState.CANCELLED.value
        cursor.execute(CANCELLED, [array(ids), ids[0], ids[-1], state])
        return {row[0] for row in cursor.fetchall()}


def _draft(
    digest: Due, reader: Reader, left: Sequence[Stored], count: int, now: datetime
) -> Draft | None:
    type_ = type_of(digest.type_id)
    kept, unreadable = _kept(left, reader.key)
    if type_ is None or not kept or reader.key is None:
        log.info("digest has nothing to say", extra={"digest_id": digest.id})
        return None
    version, channels = _words(type_, digest, kept)
    items = [item.variables for item in kept]
    # Over what a request itself may have called so: these are what the digest's template is about.
    variables = {**items[-1], "items": items, "count": count - unreadable}
    id_ = uuid7(milliseconds(now))
    return Draft(
        id=id_,
        service_id=digest.service_id,
        request=SendRequest(type=type_.slug, user_id=reader.external_id),
        type=type_,
        version=version,
        lane=digest.lane,
        channels=channels,
        known=(Known(reader.id, reader.external_id, None),),
        unknown=(),
        scheduled_at=None,
        expires_at=now + min(timedelta(seconds=type_.ttl_seconds), LONGEST_LIFE),
        warnings=(),
        sealed=seal(str(id_), variables, reader.key),
        gathered=True,
    )


def _kept(left: Sequence[Stored], key: bytes | None) -> tuple[list[Kept], int]:
    """What can be told, and of how many that is no longer so."""
    kept, unreadable = [], 0
    for item in left:
        if item.sealed is None or key is None:
            continue
        try:
            variables = unseal(item.notification_id, bytes(item.sealed), key)
        except Undecryptable:  # the person was erased and began anew
            unreadable += 1
            continue
        variables["at"] = item.at.isoformat(timespec="seconds")
        kept.append(Kept(variables, tuple(item.channels)))
    return kept, unreadable


def _words(
    type_: TypeValue, digest: Due, kept: Sequence[Kept]
) -> tuple[VersionValue, tuple[str, ...]]:
    """The type's own template; of a type without one, that of the last item."""
    channels = tuple(dict.fromkeys(name for item in kept for name in item.channels))
    own = find_version(type_.template) if type_.template else None
    version = own or _version(digest.template_version_id)
    known = tuple(name for name in channels if name in version.channels)
    if known:
        return version, known
    return _version(digest.template_version_id), kept[-1].channels


def _version(id_: int) -> VersionValue:
    return VersionValue(
        id=id_, template="", number=0, variables=(), channels=compiled(id_).channels
    )
