"""Every key and credential under the newest key of the ring, so that an old one can be dropped.

In bounded batches by id; safe to stop and to repeat: what is current is not touched.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import connection, transaction

from channels.accounts.credentials import open_credentials, seal_credentials
from channels.models import ProviderAccount
from notifyproj.core import encryption
from notifyproj.core.sqlarrays import array, bytea_array
from preferences.addresses import addresses
from preferences.recipients import erasure

BATCH = 1_000

SELECT = """
SELECT id, external_id, data_key FROM recipient
WHERE id > %s AND data_key IS NOT NULL ORDER BY id LIMIT %s FOR NO KEY UPDATE
"""
UPDATE = """
UPDATE recipient r SET data_key = u.data_key
FROM unnest(%s::bigint[], %s::bytea[]) AS u(id, data_key) WHERE r.id = u.id
"""


@dataclass(slots=True)
class Rotated:
    """`failed` names what no key of the ring opens."""

    recipients: int = 0
    accounts: int = 0
    notifications: int = 0  # shared variables; see notifications/operations/key_rotation.py
    failed: list[str] = field(default_factory=list)


def rotate() -> Rotated:
    """Encrypts all data keys under the newest key; returns how many, and which could not be
    opened."""
    done = Rotated()
    last = 0
    while (following := _rotate_recipients(last, done)) is not None:
        last = following
    for account_id in ProviderAccount.objects.order_by("pk").values_list("pk", flat=True):
        _rotate_account(account_id, done)
    erasure.rewrap_all(done.failed)
    return done


def _rotate_recipients(after: int, done: Rotated) -> int | None:
    """One batch; the last id of it, or None at the end."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SELECT, [after, BATCH])
        rows = cursor.fetchall()
        changed = _rewrapped(rows, done)
        if changed:
            ids, keys = zip(*changed, strict=True)
            cursor.execute(UPDATE, [array(ids), bytea_array(keys)])
    done.recipients += len(changed)
    return rows[-1][0] if rows else None


def _rewrapped(
    rows: Sequence[tuple[int, str, memoryview]], done: Rotated
) -> list[tuple[int, bytes]]:
    changed = []
    for id_, external_id, wrapped in rows:
        if encryption.ring().is_current(bytes(wrapped)):
            continue
        try:
            key = addresses.open_data_key(bytes(wrapped), external_id)
        except encryption.Undecryptable:
            done.failed.append(f"recipient {id_}")
            continue
        changed.append((id_, addresses.wrap_data_key(key, external_id)))
    return changed


def _rotate_account(account_id: int, done: Rotated) -> None:
    with transaction.atomic():
        account = ProviderAccount.objects.select_for_update(no_key=True).get(pk=account_id)
        sealed = bytes(account.credentials)
        if not sealed or encryption.ring().is_current(sealed):
            return
        try:
            credentials = open_credentials(account.slug, sealed)
        except encryption.Undecryptable:
            done.failed.append(f"provider account {account.slug}")
            return
        account.credentials = seal_credentials(account.slug, credentials)
        account.save(update_fields=["credentials"])
        done.accounts += 1
