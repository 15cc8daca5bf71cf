"""What staff wrote: templates, campaigns, segments. Only they know what a text is to say without
the name in it, so it is left as it is, and the person on call is told where it names the person."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from django.db import connection
from psycopg2 import sql

from notifyproj.core.alerts.alerts import alert_raise, alert_resolve
from notifyproj.core.erasures import Subject
from notifyproj.core.sqlarrays import quoted_array

SHORTEST = 5  # characters: `42` is in every template, and means nobody
MOST = 50  # places of one table
TITLE = "Texts of your staff name somebody who was erased"

PLACES = {
    "segment": ("slug", "name", "description", "rules"),
    "campaign": ("name", "description", "variables"),
    "category": ("slug", "name", "names", "description", "descriptions"),
    "message_template": ("slug", "name", "description"),
    "notification_type": ("slug", "name", "names", "description", "descriptions"),
    "template_version": ("parts", "schema", "sample", "built", "note"),
}
# How a row is called where it is edited.
LABELS = {
    "campaign": "name",
    "template_version": "(SELECT m.slug FROM message_template m WHERE m.id = t.template_id)"
    " || ' version ' || t.number",
}
FIND = sql.SQL("""
SELECT t.id, {label}, {columns} FROM {table} t
WHERE EXISTS (SELECT FROM unnest(%s::text[]) AS w (word)
              WHERE strpos(lower(concat_ws(E'\\n', {columns})), w.word) > 0)
ORDER BY t.id LIMIT %s
""")


def report(subject: Subject, after: str) -> str | None:
    """All tables at once: they are small, whatever the log is."""
    words = [word.lower() for word in subject.terms if len(word) >= SHORTEST]
    if not words:
        return None
    key = f"erasure-mentions:{subject.recipient_id}"
    found = [line for table, columns in PLACES.items() for line in _mentions(table, columns, words)]
    if found:
        detail = "Edit or delete: " + subject.scrub("; ".join(found))
        alert_raise(key=key, title=TITLE, detail=detail)
    else:
        alert_resolve(key=key)
    return None


def _mentions(table: str, columns: Sequence[str], words: Sequence[str]) -> Iterator[str]:
    """`segment readers: rules` for each row that has one of the words as a whole word."""
    forms = sorted({form for word in words for form in (word, _in_json(word))}, key=len)
    either = "|".join(map(re.escape, reversed(forms)))
    pattern = re.compile(rf"(?<![\w@.+-])(?:{either})(?![\w@-])", re.IGNORECASE)
    for _, label, *texts in _rows(table, columns, forms):
        fields = [
            name for name, text in zip(columns, texts, strict=True) if text and pattern.search(text)
        ]
        if fields:
            yield f"{table.replace('_', ' ')} {label}: {', '.join(fields)}"


def _rows(table: str, columns: Sequence[str], forms: Sequence[str]) -> list[Any]:
    as_text = sql.SQL(", ").join(
        sql.SQL("t.{}::text").format(sql.Identifier(name)) for name in columns
    )
    statement = FIND.format(
        label=sql.SQL(LABELS.get(table, "slug")), columns=as_text, table=sql.Identifier(table)
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [quoted_array(forms), MOST])
        return list(cursor.fetchall())


def _in_json(word: str) -> str:
    return msgspec.json.encode(word).decode()[1:-1]
