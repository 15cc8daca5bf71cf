"""People into their table, a batch a transaction, in an order in which two batches cannot block
each other: new rows by external id, then locks by external id, then addresses by hash."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.db import connection, transaction
from msgspec import UNSET

from channels.base import Channel
from notifyproj.core.sqlarrays import array, bytea_array, quoted_array
from preferences.addresses import addresses
from preferences.recipients import contact_points as points
from preferences.recipients import tombstones
from preferences.recipients.push_apps import PushApp, Registration, registration
from preferences.recipients.schemas import ImportLine, normalise

INSERT = """
INSERT INTO recipient (
    external_id, locale, timezone, attributes, data_key, created_at, updated_at
)
SELECT u.external_id, u.locale, u.timezone, u.attributes, u.data_key, %s, %s
FROM unnest(%s::text[], %s::text[], %s::text[], %s::jsonb[], %s::bytea[])
     AS u(external_id, locale, timezone, attributes, data_key)
ORDER BY u.external_id
ON CONFLICT (external_id) DO NOTHING
RETURNING external_id
"""
# An erasure waits for this lock, or we for it: a key in use is not thrown away.
LOCK = """
SELECT id, external_id, locale, timezone, attributes, data_key
FROM recipient WHERE external_id = ANY(%s::text[]) ORDER BY external_id FOR NO KEY UPDATE
"""
UPDATE = """
UPDATE recipient r
SET locale = u.locale, timezone = u.timezone, attributes = u.attributes, data_key = u.data_key,
    updated_at = %s
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::jsonb[], %s::bytea[])
     AS u(id, locale, timezone, attributes, data_key)
WHERE r.id = u.id
"""


@dataclass(slots=True)
class Stored:
    """A locked row; `attributes` as decoded JSON, `data_key` wrapped."""

    id: int
    external_id: str
    locale: str
    timezone: str
    attributes: dict[str, Any]
    data_key: bytes | None = field(repr=False)
    opened_key: bytes | None = field(default=None, repr=False)

    def key(self) -> bytes:
        """The key itself. Raises Undecryptable."""
        if self.opened_key is None:
            self.opened_key = addresses.open_data_key(self.data_key or b"", self.external_id)
        return self.opened_key


class Checked(NamedTuple):
    """A line that can be written."""

    line: ImportLine
    devices: tuple[Registration, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """`ids` by external id."""

    ids: dict[str, int]
    created: int


@dataclass(slots=True)
class Total:
    """Over several batches."""

    created: int = 0
    updated: int = 0

    def add(self, written: Written) -> None:
        self.created += written.created
        self.updated += len(written.ids) - written.created


def check(line: ImportLine, apps: Sequence[PushApp]) -> Checked:
    """Raises InvalidFields."""
    devices = [registration(d, apps, f"devices.{i}.") for i, d in enumerate(line.devices)]
    return Checked(normalise(line), tuple(devices))


def write(rows: Sequence[Checked], now: datetime) -> Written:
    """Create or change these people; no external id twice."""
    lines = [row.line for row in rows]
    with transaction.atomic():
        created = _insert(lines, now)
        stored = _lock(lines)
        tombstones.hand_on((external_id, stored[external_id].id) for external_id in created)
        changed = [row for line in lines if _apply(line, row := stored[line.external_id])]
        _update(changed, now)
        _write_addresses(lines, stored, created, now)
        _write_devices(rows, stored, now)
    return Written({row.external_id: row.id for row in stored.values()}, len(created))


def _insert(lines: Sequence[ImportLine], now: datetime) -> set[str]:
    columns = [
        quoted_array(line.external_id for line in lines),
        quoted_array(line.locale or "" for line in lines),
        quoted_array(line.timezone or "UTC" for line in lines),
        quoted_array(_json(line.attributes or {}) for line in lines),
        bytea_array([addresses.new_data_key(line.external_id) for line in lines]),
    ]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [now, now, *columns])
        return {external_id for (external_id,) in cursor.fetchall()}


def _lock(lines: Sequence[ImportLine]) -> dict[str, Stored]:
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [quoted_array(line.external_id for line in lines)])
        return {row[1]: _stored(row) for row in cursor.fetchall()}


def _stored(row: tuple[Any, ...]) -> Stored:
    """A row of LOCK."""
    id_, external_id, locale, timezone, attributes, key = row
    wrapped = None if key is None else bytes(key)
    return Stored(
        id=id_,
        external_id=external_id,
        locale=locale,
        timezone=timezone,
        attributes=msgspec.json.decode(attributes),
        data_key=wrapped,
    )


def _apply(line: ImportLine, row: Stored) -> bool:
    """Whether the row is other than before."""
    before = (row.locale, row.timezone, row.attributes, row.data_key)
    for name in ("locale", "timezone", "attributes"):
        value = getattr(line, name)
        if value is not UNSET:
            setattr(row, name, value)
    row.data_key = row.data_key or addresses.new_data_key(row.external_id)
    return before != (row.locale, row.timezone, row.attributes, row.data_key)


def _update(rows: Sequence[Stored], now: datetime) -> None:
    if not rows:
        return
    columns = [
        array(row.id for row in rows),
        quoted_array(row.locale for row in rows),
        quoted_array(row.timezone for row in rows),
        quoted_array(_json(row.attributes) for row in rows),
        bytea_array([row.data_key for row in rows]),
    ]
    with connection.cursor() as cursor:
        cursor.execute(UPDATE, [now, *columns])


def _write_addresses(
    lines: Sequence[ImportLine], stored: dict[str, Stored], created: set[str], now: datetime
) -> None:
    new: list[points.NewPoint] = []
    keep: list[tuple[int, Channel, bytes | None]] = []
    for line in lines:
        row = stored[line.external_id]
        for channel, address in ((Channel.EMAIL, line.email), (Channel.SMS, line.phone)):
            if address is UNSET:
                continue
            point = _point(row, channel, address) if address else None
            if point:
                new.append(point)
            if line.external_id not in created:
                keep.append((row.id, channel, point.hash if point else None))
    points.adopt(new)
    points.replace_others(keep)
    points.add_missing(new, now)


def _write_devices(rows: Sequence[Checked], stored: dict[str, Stored], now: datetime) -> None:
    new = []
    for line, devices in rows:
        person = stored[line.external_id]
        new += [device_point(person.key(), person.id, device) for device in devices]
    points.register(new, now)


def device_point(key: bytes, recipient_id: int, registered: Registration) -> points.NewPoint:
    device, app = registered
    return points.new_point(
        key=key,
        recipient_id=recipient_id,
        channel=app.channel,
        address=device.token,
        app_id=app.id,
        kind="" if device.kind == "token" else device.kind,
        platform=device.platform,
        app_version=device.app_version,
    )


def _point(row: Stored, channel: Channel, address: str) -> points.NewPoint:
    return points.new_point(key=row.key(), recipient_id=row.id, channel=channel, address=address)


def _json(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode()
