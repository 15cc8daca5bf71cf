"""From a digest's items to the one notification that says them all."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from notifications.digests.contents import Reader, load_readers
from notifications.draft import LONGEST_LIFE, Draft, Known
from notifications.requests import SendRequest
from notifications.statuses import NotificationState
from notifications.variables import seal, unseal
from notifyproj.core.clock import milliseconds
from notifyproj.core.encryption import Undecryptable
from notifyproj.core.ids import uuid7
from notifyproj.core.sqlarrays import array
from preferences.catalogue import TypeValue, type_of
from templates.services import VersionValue, compiled, find_version

log = logging.getLogger(__name__)

# What was cancelled meanwhile goes out in no digest either. The log may have lost the oldest.
ITEMS = """
SELECT i.digest_id, i.notification_id::text, i.at, i.channels, i.variables,
       coalesce(n.state = %s, false)
FROM digest_item i LEFT JOIN notification n ON n.id = i.notification_id
WHERE i.digest_id = ANY(%s::bigint[]) ORDER BY i.digest_id, i.at, i.notification_id
"""


class Due(NamedTuple):
    """A digest to be written."""

    id: int
    service_id: int
    recipient_id: int
    type_id: int
    count: int
    lane: int
    template_version_id: int


class Kept(NamedTuple):
    """An item whose content is still there."""

    variables: dict[str, Any]
    channels: tuple[str, ...]


def drafts_of(due: Sequence[Due], now: datetime) -> dict[int, Draft]:
    """By digest; those of which nothing is left to say have none."""
    readers = load_readers({digest.recipient_id for digest in due})
    stored = _stored(due)
    drafts: dict[int, Draft] = {}
    for digest in due:
        reader = readers.get(digest.recipient_id)
        draft = _draft(digest, reader, stored.get(digest.id, []), now) if reader else None
        if draft is not None:
            drafts[digest.id] = draft
    return drafts


def _stored(due: Sequence[Due]) -> dict[int, list[tuple[Any, ...]]]:
    with connection.cursor() as cursor:
        cancelled = NotificationState.CANCELLED.value
        cursor.execute(ITEMS, [cancelled, array(digest.id for digest in due)])
        found: dict[int, list[tuple[Any, ...]]] = {}
        for digest_id, *item in cursor.fetchall():
            found.setdefault(digest_id, []).append(tuple(item))
        return found


def _draft(
    digest: Due, reader: Reader, stored: Sequence[tuple[Any, ...]], now: datetime
) -> Draft | None:
    type_ = type_of(digest.type_id)
    kept, gone = _kept(stored, reader.key)
    if type_ is None or not kept or reader.key is None:
        log.info("digest has nothing to say", extra={"digest_id": digest.id, "items": digest.count})
        return None
    version, channels = _words(type_, digest, kept)
    items = [item.variables for item in kept]
    # Over what a request itself may have called so: these are what the digest's template is about.
    variables = {**items[-1], "items": items, "count": digest.count - gone}
    id_ = uuid7(milliseconds(now))
    return Draft(
        id=id_,
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


def _kept(stored: Sequence[tuple[Any, ...]], key: bytes | None) -> tuple[list[Kept], int]:
    """The items to tell of, and how many there no longer are."""
    kept, gone = [], 0
    for notification_id, at, channels, sealed, cancelled in stored:
        if cancelled:
            gone += 1
        elif sealed is not None and key is not None:
            try:
                variables = unseal(notification_id, bytes(sealed), key)
            except Undecryptable:  # the person was erased and began anew
                gone += 1
                continue
            kept.append(
                Kept({**variables, "at": at.isoformat(timespec="seconds")}, tuple(channels))
            )
    return kept, gone


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
    return VersionValue(id_, "", 0, (), compiled(id_).channels)
