"""Shared variables under the newest key of the ring; people's own are under their keys.

In bounded batches by id; safe to stop and to repeat: what is current is not touched.
"""

from uuid import UUID

from django.db import connection, transaction
from django.db.models import BinaryField, Func, Value

from notifications.attachments.store import rewrapped
from notifications.callbacks.receive.store import rewrap_callbacks
from notifications.models import Attachment
from notifications.status_events.secrets import rewrap_all
from notifications.variables import rewrap
from notifyproj.core import encryption
from notifyproj.core.sqlarrays import array, bytea_array
from preferences.recipients.key_rotation import Rotated, rotate

BATCH = 500
FIRST_BYTES = Func(  # of a sealed value: they name its key
    "content", Value(1), Value(2), function="substring", output_field=BinaryField()
)
START = str(UUID(int=0))

SELECT = """
SELECT id::text, variables FROM notification
WHERE id > %s AND variables <> '' AND (everyone OR cardinality(recipient_ids) <> 1
    OR cardinality(unknown_recipients) > 0)
ORDER BY id LIMIT %s FOR NO KEY UPDATE
"""
UPDATE = """
UPDATE notification n SET variables = u.variables
FROM unnest(%s::uuid[], %s::bytea[]) AS u (id, variables) WHERE n.id = u.id
"""


def rotate_all() -> Rotated:
    """People's keys, accounts' credentials, and what the ring seals by itself."""
    done = rotate()
    after: str | None = START
    while after is not None:
        after = _batch(after, done)
    rewrap_all(done.failed)
    rewrap_callbacks(done.failed)
    for id_, start in Attachment.objects.order_by("pk").values_list("pk", FIRST_BYTES):
        if not encryption.ring().is_current(bytes(start)):
            _attachment(id_, done)
    return done


def _attachment(id_: UUID, done: Rotated) -> None:
    """One by one: each may be ten megabytes."""
    with transaction.atomic():
        row = Attachment.objects.select_for_update(no_key=True).filter(pk=id_).first()
        try:
            if row is not None:
                row.content = rewrapped(str(id_), bytes(row.content))
                row.save(update_fields=["content"])
        except encryption.Undecryptable:
            done.failed.append(f"attachment {id_}")


def _batch(after: str, done: Rotated) -> str | None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SELECT, [after, BATCH])
        rows = cursor.fetchall()
        changed = {}
        for id_, sealed in rows:
            if encryption.ring().is_current(bytes(sealed)):
                continue
            try:
                changed[id_] = rewrap(id_, bytes(sealed))
            except encryption.Undecryptable:
                done.failed.append(f"notification {id_}")
        if changed:
            cursor.execute(UPDATE, [array(changed), bytea_array(changed.values())])
    done.notifications += len(changed)
    return rows[-1][0] if rows else None
