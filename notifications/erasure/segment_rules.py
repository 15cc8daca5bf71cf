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
SELECT u.n FROM unnest(%s::text[], %s::jsonb[]) WITH ORDINALITY AS u (attribute, value, n)
WHERE EXISTS (SELECT FROM recipient r
              WHERE r.attributes @> jsonb_build_object(u.attribute, u.value))
   OR EXISTS (SELECT FROM recipient r
              WHERE r.attributes @> jsonb_build_object(u.attribute, jsonb_build_array(u.value)))
"""


class Quoted(NamedTuple):
    """A value that some rule asks an attribute for, as JSON: 4711 is not "4711"."""

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
    terms = {term.casefold() for term in subject.terms}
    rules: Any = msgspec.json.decode(text)
    found = {Quoted(name, _json(value)) for name, value in _asked(rules) if _says(value) & terms}
    gone = found - _shared(found)
    return msgspec.json.encode(_without(rules, gone)).decode() if gone else None


def _asked(rules: Any) -> Iterator[tuple[str, Any]]:
    """(attribute, value) of every comparison with one value."""
    if isinstance(rules, list):
        for part in rules:
            yield from _asked(part)
    elif isinstance(rules, dict) and "attribute" in rules:
        values = [rules.get(operator) for operator in OPERATORS]
        yield from ((rules["attribute"], value) for value in (*values, *_listed(rules)))
    elif isinstance(rules, dict):
        yield from _asked(list(rules.values()))


def _says(value: Any) -> set[str]:
    """How an id or a telephone number that is this value may be written."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return {str(value), f"+{value}"}
    return {value.casefold()} if isinstance(value, str) else set()


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _listed(rule: dict[str, Any]) -> list[Any]:
    return rule["in"] if isinstance(rule.get("in"), list) else []


def _shared(found: Collection[Quoted]) -> set[Quoted]:
    """Those that somebody else has."""
    if not found:
        return set()
    listed = list(found)
    attributes, values = zip(*listed, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(SHARED, [quoted_array(attributes), quoted_array(values)])
        return {listed[n - 1] for (n,) in cursor.fetchall()}


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
        return [one for one in value if (attribute, _json(one)) not in gone] or [ERASED]
    return ERASED if key in OPERATORS and (attribute, _json(value)) in gone else value
