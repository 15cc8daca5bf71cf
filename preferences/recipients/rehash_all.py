"""All contact points, a batch a transaction; and beforehand, what the present rules refuse."""

from collections.abc import Iterator
from typing import NamedTuple

from django.db import IntegrityError, OperationalError, connection, transaction

from channels.locales import InvalidLocale, canonical
from notifyproj.core.encryption import LOOKUP_VERSION, Undecryptable
from preferences.addresses import addresses
from preferences.recipients import rehash

BATCH = 500
TRIES = 5  # somebody may register the same address at that moment

NEXT = """
SELECT id FROM contact_point WHERE id > %s AND hash_version < %s ORDER BY id LIMIT %s
"""
LOOK = f"""
SELECT {", ".join(f"c.{name}" for name in rehash.COLUMNS.split(", "))}, r.external_id, r.data_key
FROM contact_point c JOIN recipient r ON r.id = c.recipient_id
WHERE c.id > %s AND c.hash_version < %s ORDER BY c.id LIMIT %s
"""  # noqa: S608 - a constant
LOCALES = """
SELECT locale, count(*), min(external_id) FROM recipient WHERE locale <> '' GROUP BY 1 ORDER BY 1
"""


class Refusal(NamedTuple):
    """`hint`: the address, masked."""

    external_id: str
    channel: str
    hint: str
    why: str

    def __str__(self) -> str:
        return f"{self.external_id}: {self.channel} {self.hint}: {self.why}"


class LocaleChange(NamedTuple):
    locale: str
    people: int
    example: str
    now: str  # "" if it is refused

    def __str__(self) -> str:
        what = f"is read as {self.now}" if self.now else "is no locale: the default text is sent"
        return f"{self.locale} ({self.people} people, {self.example} …): {what}"


def refusals() -> Iterator[Refusal]:
    """Of what is not hashed anew yet; changes nothing."""
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(LOOK, [after, LOOKUP_VERSION, BATCH])
            rows = cursor.fetchall()
        for *columns, external_id, wrapped in rows:
            row = rehash.stored(tuple(columns))
            if why := _why(row, external_id, wrapped):
                yield Refusal(external_id, row.channel, row.hint, why)
        if not rows:
            return
        after = rows[-1][0]


def locale_changes() -> list[LocaleChange]:
    with connection.cursor() as cursor:
        cursor.execute(LOCALES)
        rows: list[tuple[str, int, str]] = cursor.fetchall()
    found = [LocaleChange(name, count, one, _canonical(name)) for name, count, one in rows]
    return [one for one in found if one.now != one.locale]


def rehash_all() -> Iterator[rehash.Settled]:
    """What each batch did."""
    after = 0
    while ids := _next(after):
        yield _settle(ids)
        after = ids[-1]


def _next(after: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [after, LOOKUP_VERSION, BATCH])
        return [row[0] for row in cursor.fetchall()]


def _settle(ids: list[int]) -> rehash.Settled:
    for attempt in range(1, TRIES + 1):
        try:
            with transaction.atomic():
                return rehash.settle(ids)
        except (IntegrityError, OperationalError):
            if attempt == TRIES:
                raise
    raise AssertionError("unreachable")


def _why(row: rehash.Stored, external_id: str, wrapped: bytes | None) -> str:
    try:
        key = addresses.open_data_key(bytes(wrapped or b""), external_id)
        return rehash.renewed(row, key).refused
    except Undecryptable:
        return "No key opens it."


def _canonical(locale: str) -> str:
    try:
        return canonical(locale)
    except InvalidLocale:
        return ""
