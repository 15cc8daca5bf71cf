"""Rules of segments that choose somebody by their id or address.

What only the erased person had is taken out; what others have, too, stays: a rule about the plan
`pro` must not change because somebody was called `pro`."""

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

import msgspec
from django.db import connection
from psycopg2 import sql

from notifyproj.core.erasures import ERASED, Subject
from notifyproj.core.sqlarrays import quoted_array

BATCH = 1_000
TABLES = ("segment", "campaign_run")
OPERATORS = ("is", "is_not", "has")  # of one value; `in` has several

READ = sql.SQL("""
SELECT id, rules::text FROM {table} WHERE id > %s AND rules IS NOT NULL ORDER BY id LIMIT %s
""")
REWRITE = sql.SQL("UPDATE {table} SET rules = %s WHERE id = %s")
# By the index of attributes; the erased have none any more.
SHARED = """
SELECT u.attribute, u.value FROM unnest(%s::text[], %s::text[]) AS u (attribute, value)
WHERE EXISTS (SELECT FROM recipient r
              WHERE r.attributes @> jsonb_build_object(u.attribute, u.value))
   OR EXISTS (SELECT FROM recipient r
              WHERE r.attributes @> jsonb_build_object(u.attribute, jsonb_build_array(u.value)))
"""


class Quoted(NamedTuple):
    """A value that some rule asks an attribute for."""

    attribute: str
    value: str


def step(subject: Subject, after: str) -> str | None:
    """A batch of one table; the cursor is `table:id`."""
    if not subject.terms:
        return None
    table, _, last = (after or f"{TABLES[0]}:0").partition(":")
    name = sql.Identifier(table)
    with connection.cursor() as cursor:
        cursor.execute(READ.format(table=name), [int(last), BATCH])
        rows = cursor.fetchall()
        for id_, text in rows:
            if (rules := _scrubbed(text, subject)) is not None:
                cursor.execute(REWRITE.format(table=name), [rules, id_])
    if rows:
        return f"{table}:{rows[-1][0]}"
    following = TABLES[TABLES.index(table) + 1 :]
    return f"{following[0]}:0" if following else None


def _scrubbed(text: str, subject: Subject) -> str | None:
    """None: as they were."""
    words = {word.casefold() for word in subject.terms}
    rules: Any = msgspec.json.decode(text)
    found = {one for one in _quoted(rules) if one.value.casefold() in words}
    gone = found - _shared(found)
    return msgspec.json.encode(_without(rules, gone)).decode() if gone else None


def _quoted(rules: Any) -> Iterator[Quoted]:
    if isinstance(rules, list):
        for part in rules:
            yield from _quoted(part)
    elif isinstance(rules, dict) and "attribute" in rules:
        values = [rules.get(operator) for operator in OPERATORS]
        for value in (*values, *_listed(rules)):
            if isinstance(value, str):
                yield Quoted(rules["attribute"], value)
    elif isinstance(rules, dict):
        yield from _quoted(list(rules.values()))


def _listed(rule: dict[str, Any]) -> list[Any]:
    return rule["in"] if isinstance(rule.get("in"), list) else []


def _shared(found: Collection[Quoted]) -> set[Quoted]:
    """Those that somebody else has."""
    if not found:
        return set()
    attributes, values = zip(*found, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(SHARED, [quoted_array(attributes), quoted_array(values)])
        return set(map(Quoted._make, cursor.fetchall()))


def _without(rules: Any, gone: Collection[Quoted]) -> Any:
    """A list that would be empty keeps one value, which nobody has."""
    if isinstance(rules, list):
        return [_without(part, gone) for part in rules]
    if not isinstance(rules, dict):
        return rules
    if "attribute" not in rules:
        return {key: _without(value, gone) for key, value in rules.items()}
    return {key: _value(rules["attribute"], key, value, gone) for key, value in rules.items()}


def _value(attribute: str, key: str, value: Any, gone: Collection[Quoted]) -> Any:
    if key == "in" and isinstance(value, list):
        return [one for one in value if (attribute, one) not in gone] or [ERASED]
    return ERASED if key in OPERATORS and (attribute, value) in gone else value
