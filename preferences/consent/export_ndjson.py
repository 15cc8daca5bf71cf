"""Everybody's preferences as NDJSON, a page of people at a time, in the shape the import takes."""

from collections.abc import Iterator

import msgspec
from django.db import connection, reset_queries

from preferences.consent.read import ExportedPreferences, read_said
from preferences.consent.schemas import Names, load_names
from preferences.models import Recipient

PAGE = 1_000

# Who said something at all, in the order of ids; each arm stops after a page.
NEXT = """
SELECT id FROM (
    (SELECT DISTINCT recipient_id AS id FROM preference WHERE recipient_id > %(after)s
     ORDER BY recipient_id LIMIT %(page)s)
    UNION
    (SELECT recipient_id FROM quiet_hours WHERE recipient_id > %(after)s
     ORDER BY recipient_id LIMIT %(page)s)
    UNION
    (SELECT id FROM recipient WHERE id > %(after)s AND paused_until IS NOT NULL
     ORDER BY id LIMIT %(page)s)
) said ORDER BY id LIMIT %(page)s
"""


def export_preferences() -> Iterator[bytes]:
    """Who said nothing has no line, nor has who was erased."""
    names = load_names()
    after = 0
    while ids := _next(after):
        after = ids[-1]
        yield b"".join(_lines(ids, names))
        reset_queries()  # with DEBUG on, Django keeps the text of every statement


def _next(after: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(NEXT, {"after": after, "page": PAGE})
        return [row[0] for row in cursor.fetchall()]


def _lines(ids: list[int], names: Names) -> Iterator[bytes]:
    people = Recipient.objects.filter(pk__in=ids, erased_at=None).order_by("pk")
    rows = list(people.only("external_id", "timezone", "paused_until"))
    for row, said in zip(rows, read_said(rows, names), strict=True):
        yield msgspec.json.encode(ExportedPreferences(external_id=row.external_id, **said)) + b"\n"
