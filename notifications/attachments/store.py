"""Files that e-mails carry by reference: stored once, sealed under the key ring, gone in time.

A notification keeps those it names until it expires. Files belong to the service that stored them.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Sum

from channels import messages
from channels.header_text import is_dangerous
from notifications.models import Attachment
from notifyproj.core import encryption
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.clock import milliseconds
from notifyproj.core.encryption import Undecryptable
from notifyproj.core.ids import uuid7
from notifyproj.core.sqlarrays import array

LARGEST = 10 * 1024 * 1024  # bytes of a file, and of all files of one message
ROOM = 1024**3  # bytes a service may have stored
MOST_LOADED = 32 * 1024 * 1024  # bytes for one batch of deliveries
MOST_DELETED = 200  # at once
LONGEST_TYPE = 78  # characters: the most that SES takes
TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")
PROGRAMS = (b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"#!")

Files = Mapping[str, messages.Attachment | None]

# With a minute to spare: what is found now is not deleted before `keep` has had its turn.
FIND = """
SELECT id::text, size FROM attachment
WHERE id = ANY(%s::uuid[]) AND service_id = %s AND expires_at > %s + interval '1 minute'
"""
# Mostly there is nothing to do. Locked in one order, so that requests with the same files wait
# for each other and never both.
KEEP = """
WITH wanted AS (
    SELECT id, max(until) AS until,
        CASE WHEN min(owner) = max(owner) THEN min(owner) ELSE 0 END AS owner
    FROM unnest(%s::uuid[], %s::timestamptz[], %s::bigint[]) AS u (id, until, owner) GROUP BY id
), short AS (
    SELECT a.id, w.until, w.owner FROM attachment a JOIN wanted w USING (id)
    WHERE a.expires_at < w.until OR coalesce(a.recipient_id, -1) NOT IN (0, w.owner)
    ORDER BY a.id FOR NO KEY UPDATE OF a
)
UPDATE attachment a SET expires_at = greatest(a.expires_at, short.until),
    recipient_id = CASE WHEN coalesce(a.recipient_id, short.owner) = short.owner
        THEN short.owner ELSE 0 END
FROM short WHERE a.id = short.id
"""
SIZES = "SELECT id::text, size FROM attachment WHERE id = ANY(%s::uuid[])"
LOAD = "SELECT id::text, name, content_type, content FROM attachment WHERE id = ANY(%s::uuid[])"
DELETE = """
DELETE FROM attachment WHERE id IN (
    SELECT id FROM attachment WHERE expires_at <= %s ORDER BY expires_at LIMIT %s
    FOR UPDATE SKIP LOCKED)
"""


class Stored(NamedTuple):
    id: UUID
    name: str
    content_type: str
    size: int
    sha256: bytes
    expires_at: datetime


def attachment_add(
    *, service_id: int, name: str, content_type: str, content: bytes, now: datetime
) -> Stored:
    """Raises InvalidFields."""
    name, kind = _name(name), _type(content_type)
    _check(name, content)
    used = Attachment.objects.filter(service_id=service_id).aggregate(n=Sum("size"))["n"] or 0
    if used + len(content) > ROOM:
        text = (
            f"This service has reached its limit of {ROOM >> 20:,} MB of attachments: delete some, "
            "or wait until they expire."
        )
        raise InvalidFields({"file": text}, "attachments_full", 422)
    id_, until = uuid7(milliseconds(now)), now + timedelta(days=settings.ATTACHMENT_DAYS)
    Attachment.objects.create(
        id=id_,
        service_id=service_id,
        name=name,
        content_type=kind,
        size=len(content),
        content=encryption.ring().wrap(content, _aad(str(id_))),
        created_at=now,
        expires_at=until,
    )
    return Stored(
        id=id_,
        name=name,
        content_type=kind,
        size=len(content),
        sha256=hashlib.sha256(content).digest(),
        expires_at=until,
    )


def attachment_get(*, service_id: int, attachment_id: UUID, now: datetime) -> Stored | None:
    """Its hash is made when it is asked for: one that is stored in clear would let whoever reads
    the table try what a file says."""
    found = Attachment.objects.filter(service_id=service_id, expires_at__gt=now)
    row = found.filter(pk=attachment_id).first()
    if row is None:
        return None
    try:
        opened = encryption.ring().unwrap(bytes(row.content), _aad(str(row.pk)))
    except Undecryptable:
        return None
    digest = hashlib.sha256(opened).digest()
    return Stored(
        id=row.pk,
        name=row.name,
        content_type=row.content_type,
        size=row.size,
        sha256=digest,
        expires_at=row.expires_at,
    )


def attachment_remove(*, service_id: int, attachment_id: UUID) -> bool:
    """Whether there was one. What still has to carry it fails."""
    return Attachment.objects.filter(service_id=service_id, pk=attachment_id).delete()[0] > 0


def find(service_id: int, ids: Collection[str], now: datetime) -> dict[str, int]:
    """Returns the size of each of these attachments that the service has."""
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(FIND, [array(ids), service_id, now])
        return dict(cursor.fetchall())


def keep(wanted: Iterable[tuple[str, datetime, int]]) -> None:
    """(id, until, whose): at least as long as what carries it may still be sent; `whose` is the
    one person it goes to, or 0: only what is one person's goes with them."""
    pairs = list(wanted)
    if pairs:
        with connection.cursor() as cursor:
            ids, untils, owners = zip(*pairs, strict=True)
            instants = array(until.isoformat() for until in untils)
            cursor.execute(KEEP, [array(ids), instants, array(owners)])


def load(groups: Iterable[Sequence[str]]) -> Files:
    """Opened, a message's files together; None for one that has to wait, as the others are enough
    for now. One that is gone or does not open is left out."""
    wanted = [group for group in groups if group]
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(SIZES, [array({id_ for group in wanted for id_ in group})])
        sizes = dict(cursor.fetchall())
        cursor.execute(LOAD, [array(_affordable(wanted, sizes))])
        rows = cursor.fetchall()
    found: dict[str, messages.Attachment | None] = dict.fromkeys(sizes)
    for id_, name, kind, sealed in rows:
        try:
            found[id_] = _opened(id_, name, kind, sealed)
        except Undecryptable:
            del found[id_]
    return found


def _affordable(groups: Iterable[Sequence[str]], sizes: Mapping[str, int]) -> set[str]:
    """Of the first message, and of as many more as are not too much at once."""
    chosen: set[str] = set()
    for group in groups:
        more = chosen.union(id_ for id_ in group if id_ in sizes)
        if not chosen or sum(sizes[id_] for id_ in more) <= MOST_LOADED:
            chosen = more
    return chosen


def _opened(id_: str, name: str, kind: str, sealed: bytes) -> messages.Attachment:
    content = encryption.ring().unwrap(bytes(sealed), _aad(id_))
    return messages.Attachment(name, kind, content)


def delete_expired(now: datetime) -> int:
    """Deletes a bounded batch of expired attachments; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(DELETE, [now, MOST_DELETED])
        return int(cursor.rowcount)


def rewrapped(attachment_id: str, sealed: bytes) -> bytes:
    """Under the ring's newest key. Raises Undecryptable."""
    ring, aad = encryption.ring(), _aad(attachment_id)
    return ring.wrap(ring.unwrap(sealed, aad), aad)


def _name(text: str) -> str:
    """Without folders, and nothing that a header or a file system stumbles over."""
    name = re.split(r"[/\\]", text)[-1].strip().rstrip(". ")
    if not name or is_dangerous(name) or len(name) > 200:
        text = "The file name must have 1 to 200 characters and no control characters."
        raise InvalidFields({"file": text})
    return name


def _type(text: str) -> str:
    kind = text.partition(";")[0].strip().lower() or "application/octet-stream"
    if not TYPE.fullmatch(kind) or len(kind) > LONGEST_TYPE:
        text = (
            f"The content type must look like application/pdf and have at most {LONGEST_TYPE} "
            "characters."
        )
        raise InvalidFields({"file": text})
    return kind


def _check(name: str, content: bytes) -> None:
    if not content:
        raise InvalidFields({"file": "The file is empty."})
    if len(content) > LARGEST:
        raise InvalidFields(
            {"file": f"The file must not exceed {LARGEST >> 20} MB."}, "attachment_too_large", 413
        )
    end = "".join(filter(str.isprintable, name)).rpartition(".")[2].lower()
    if end in settings.ATTACHMENT_REFUSED or content.startswith(PROGRAMS):
        text = "Executable files cannot be attached: mail servers reject them."
        raise InvalidFields({"file": text}, "attachment_refused")


def _aad(attachment_id: str) -> bytes:
    return b"attachment.content:" + attachment_id.encode()
