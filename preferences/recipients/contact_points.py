"""Contact points into their table, many at a time; whatever happens at once, one row a place.

Each is sealed under its person's key: take the person's row lock first (`recipients.lock`), or an
erasure could throw the key away in between.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from channels.base import Channel
from notifyproj.core.encryption import LOOKUP_VERSION
from notifyproj.core.sqlarrays import array, bytea_array, quoted_array
from preferences.addresses import addresses
from preferences.recipients.rehash import settle
from preferences.suppressions.suppressions import Former, carry

INSERT = """
INSERT INTO contact_point (
    recipient_id, channel, kind, app_id, address, address_hash, hash_version, hint, area,
    platform, app_version, active, inactive_reason, registered_at, last_seen_at
)
SELECT u.recipient_id, u.channel, u.kind, u.app_id, u.address, u.address_hash, %s, u.hint,
       u.area, u.platform, u.app_version, true, '', %s, %s
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::bytea[], %s::bytea[],
            %s::text[], %s::text[], %s::text[], %s::text[])
     AS u(recipient_id, channel, kind, app_id, address, address_hash, hint, area, platform,
          app_version)
ORDER BY u.app_id, u.address_hash, u.recipient_id
"""
AT_PERSON = "ON CONFLICT (recipient_id, channel, address_hash) WHERE app_id IS NULL "
AT_APP = "ON CONFLICT (app_id, address_hash) WHERE app_id IS NOT NULL "
KEEP = "DO NOTHING"
REFRESH = """
DO UPDATE SET
    recipient_id = EXCLUDED.recipient_id, address = EXCLUDED.address, kind = EXCLUDED.kind,
    hint = EXCLUDED.hint, area = EXCLUDED.area, platform = EXCLUDED.platform,
    app_version = EXCLUDED.app_version, channel = EXCLUDED.channel,
    active = true, inactive_reason = '',
    hash_version = EXCLUDED.hash_version, last_seen_at = EXCLUDED.last_seen_at,
    registered_at = CASE
        WHEN contact_point.active AND contact_point.recipient_id = EXCLUDED.recipient_id
        THEN contact_point.registered_at ELSE EXCLUDED.registered_at
    END
"""
RETURNING = "RETURNING id, xmax = 0"

OF_APPS = """
SELECT c.id FROM contact_point c
JOIN unnest(%s::bigint[], %s::bytea[]) AS u (app_id, hash) ON c.address_hash = u.hash
WHERE c.hash_version < %s AND c.app_id = u.app_id
"""
# All they have: a spelling in capitals of its own has a hash that tells nothing.
OF_PEOPLE = """
SELECT c.id FROM contact_point c
JOIN unnest(%s::bigint[], %s::text[]) AS u (recipient_id, channel) USING (recipient_id, channel)
WHERE c.hash_version < %s AND c.app_id IS NULL
"""
# Other addresses of that channel go: the caller said what the person's address is now.
REPLACE = """
DELETE FROM contact_point c
USING unnest(%s::bigint[], %s::text[], %s::bytea[]) AS u(recipient_id, channel, address_hash)
WHERE c.recipient_id = u.recipient_id AND c.channel = u.channel AND c.app_id IS NULL
  AND c.address_hash IS DISTINCT FROM u.address_hash
"""


@dataclass(frozen=True, slots=True)
class NewPoint:
    recipient_id: int
    channel: str
    sealed: bytes = field(repr=False)
    hash: bytes
    hint: str
    former: tuple[bytes, ...] = field(default=(), repr=False)  # hashes of the same address
    area: str = ""
    app_id: int | None = None
    kind: str = ""
    platform: str = ""
    app_version: str = ""


def new_point(
    *,
    key: bytes,
    recipient_id: int,
    channel: str,
    address: str,
    app_id: int | None = None,
    kind: str = "",
    platform: str = "",
    app_version: str = "",
) -> NewPoint:
    """Of a normalised address; `key` is the person's, unwrapped."""
    hash_ = addresses.hash_of(channel, address)
    return NewPoint(
        recipient_id=recipient_id,
        channel=channel,
        sealed=addresses.seal(key, recipient_id, hash_, address),
        hash=hash_,
        hint=addresses.mask(channel, address),
        former=addresses.former_hashes_of(channel, address),
        area=addresses.area(channel, address),
        app_id=app_id,
        kind=kind,
        platform=platform,
        app_version=app_version,
    )


def add_missing(points: Sequence[NewPoint], now: datetime) -> None:
    """Addresses of people. One that is there stays as it is, also when it was found dead."""
    _insert(INSERT + AT_PERSON + KEEP, points, now)


def register(points: Sequence[NewPoint], now: datetime) -> list[tuple[int, bool]]:
    """(id, is new) of each. One that is there is alive again, and is now this person's.

    All of them with an app, or all without.
    """
    adopt(points)
    with_app = bool(points) and points[0].app_id is not None
    target = AT_APP if with_app else AT_PERSON
    last = {(p.app_id, p.hash, None if with_app else p.recipient_id): p for p in points}
    return _insert(INSERT + target + REFRESH + RETURNING, list(last.values()), now)


def adopt(points: Sequence[NewPoint]) -> None:
    """The same addresses as they were stored before: they become what is stored now, so that none
    is there twice, and one that was found dead stays so."""
    people = {(point.recipient_id, point.channel) for point in points if point.app_id is None}
    apps = {(p.app_id, former) for p in points if p.app_id is not None for former in p.former}
    with connection.cursor() as cursor:
        ids: list[int] = []
        if people:
            recipients, channels = zip(*people, strict=True)
            cursor.execute(OF_PEOPLE, [array(recipients), array(channels), LOOKUP_VERSION])
            ids += [row[0] for row in cursor.fetchall()]
        if apps:
            app_ids, hashes = zip(*apps, strict=True)
            cursor.execute(OF_APPS, [array(app_ids), bytea_array(hashes), LOOKUP_VERSION])
            ids += [row[0] for row in cursor.fetchall()]
    settle(sorted(set(ids)))


def replace_others(keep: Sequence[tuple[int, Channel, bytes | None]]) -> None:
    """Remove the addresses (recipient id, channel) has besides that hash; None: all of them."""
    if not keep:
        return
    with connection.cursor() as cursor:
        ids, channels, hashes = zip(*keep, strict=True)
        cursor.execute(REPLACE, [array(ids), array(channels), bytea_array(hashes)])


def _insert(sql: str, points: Sequence[NewPoint], now: datetime) -> list[tuple[int, bool]]:
    if not points:
        return []
    carry([Former(p.channel, former, p.hash) for p in points for former in p.former])
    columns = [
        array(p.recipient_id for p in points),
        array(p.channel for p in points),
        quoted_array(p.kind for p in points),
        array(p.app_id for p in points),
        bytea_array([p.sealed for p in points]),
        bytea_array([p.hash for p in points]),
        quoted_array(p.hint for p in points),
        quoted_array(p.area for p in points),
        quoted_array(p.platform for p in points),
        quoted_array(p.app_version for p in points),
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql, [LOOKUP_VERSION, now, now, *columns])
        return cursor.fetchall() if cursor.description else []
