"""Texts that may name somebody though they are about something else: the audit log, alerts, what
providers said of an address, callbacks that nobody could read. Read by key, a batch at a time."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus

import msgspec
from django.db import connection
from psycopg2 import sql

from notifications.callbacks.receive.store import AAD
from notifyproj.core import encryption
from notifyproj.core.encryption import Undecryptable
from notifyproj.core.erasures import Step, Subject
from notifyproj.core.sqlarrays import array

BATCH = 5_000
FEW = 100  # sealed callbacks, each of up to a megabyte

READ = sql.SQL("SELECT id, {texts} FROM {table} WHERE id > %s ORDER BY id LIMIT %s")
UNREAD = """
SELECT id, url, headers::text, body FROM inbound_callback
WHERE due_at IS NULL AND id > %s ORDER BY id LIMIT %s
"""
DEAD = """
DELETE FROM dead_candidate
WHERE contact_point_id = ANY(%s::bigint[]) OR address_hash = ANY(%s::bytea[]) OR recipient_id = %s
"""
EVIDENCE = """
UPDATE consent_event SET evidence = '{}', ip_hash = NULL WHERE id = ANY(ARRAY(
    SELECT id FROM consent_event
    WHERE recipient_id = %s AND (evidence <> '{}' OR ip_hash IS NOT NULL) LIMIT %s))
"""


class Place(NamedTuple):
    """Columns of one table; `decoded` are JSON."""

    table: str
    texts: tuple[str, ...]
    decoded: tuple[str, ...] = ()


PLACES = (
    Place("audit_entry", ("label", "note"), ("changes",)),
    Place("django_admin_log", ("object_repr", "change_message")),
    Place("alert", ("key", "title", "detail")),
    Place("suppression", ("reason",)),
    Place("segment_upload", ("file_name", "problem"), ("errors",)),
)


def steps() -> Iterator[tuple[str, Step]]:
    """Yields a step for each table whose texts may name a person."""
    for place in PLACES:
        yield f"texts.{place.table}", _scrubber(place)


def evidence(subject: Subject, after: str) -> str | None:
    """That somebody agreed or took it back is kept, and when, how and to what; what was given as a
    proof may say anything, and goes."""
    with connection.cursor() as cursor:
        cursor.execute(EVIDENCE, [subject.recipient_id, BATCH])
        return "more" if cursor.rowcount == BATCH else None


def dead_addresses(subject: Subject, after: str) -> str | None:
    """The step that clears what was noted of the person's dead addresses, in one go."""
    ids = array(id_ for _, id_ in subject.points)
    with connection.cursor() as cursor:
        cursor.execute(DEAD, [ids, list(subject.hashes), subject.recipient_id])
    return None


def unread_callbacks(subject: Subject, after: str) -> str | None:
    """Those that name the person; others of the same callback are lost with it, and it said
    nothing that anybody could read."""
    if not subject.terms:
        return None
    with connection.cursor() as cursor:
        cursor.execute(UNREAD, [int(after or 0), FEW])
        rows = cursor.fetchall()
        named = [id_ for id_, *parts in rows if _names(subject, *parts)]
        cursor.execute("DELETE FROM inbound_callback WHERE id = ANY(%s::bigint[])", [array(named)])
    return str(rows[-1][0]) if rows else None


def _names(subject: Subject, url: str, headers: str, body: memoryview) -> bool:
    try:
        opened = encryption.ring().unwrap(bytes(body), AAD)
    except Undecryptable:
        opened = b""
    forms = {form(word) for word in subject.terms for form in (str, quote, quote_plus)}
    text = f"{url}\n{headers}\n{opened.decode('utf-8', 'replace')}"
    return any(form in text for form in forms)


def _scrubber(place: Place) -> Step:
    columns = (*place.texts, *place.decoded)
    cast = [sql.SQL("{}::text").format(sql.Identifier(column)) for column in columns]
    table = sql.Identifier(place.table)
    read = READ.format(texts=sql.SQL(", ").join(cast), table=table)

    def scrub(subject: Subject, after: str) -> str | None:
        if not subject.terms:
            return None
        with connection.cursor() as cursor:
            cursor.execute(read, [int(after or 0), BATCH])
            rows = cursor.fetchall()
        for id_, *values in rows:
            _rewrite(place, id_, dict(zip(columns, values, strict=True)), subject)
        return str(rows[-1][0]) if rows else None

    return scrub


def _rewrite(place: Place, id_: int, values: dict[str, str | None], subject: Subject) -> None:
    changed: dict[str, str] = {}
    for column, value in values.items():
        if not value or not any(word in value for word in subject.terms):
            continue
        scrubbed = _json_scrubbed if column in place.decoded else _text_scrubbed
        if (after := scrubbed(subject, value)) != value:
            changed[column] = after
    if changed:
        names = [sql.SQL("{} = %s").format(sql.Identifier(name)) for name in changed]
        statement = sql.SQL("UPDATE {} SET {} WHERE id = %s").format(
            sql.Identifier(place.table), sql.SQL(", ").join(names)
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, [*changed.values(), id_])


def _text_scrubbed(subject: Subject, value: str) -> str:
    return subject.scrub(value)


def _json_scrubbed(subject: Subject, value: str) -> str:
    before: Any = msgspec.json.decode(value)
    after = subject.scrub_all(before)
    return value if after == before else msgspec.json.encode(after).decode()
