"""Erasing somebody out of a large log: how long the caller waits, how long the rest takes, and that
no statement of it reads a table of the log from one end to the other."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from bench.stack import Stack
from bench.stand_in.problems import BenchProblem
from notifications.erasure.run import erase_due
from notifications.partitions import ensure_partitions
from notifyproj.core.clock import now as clock_now
from notifyproj.core.ids import delivery_id, uuid7
from notifyproj.core.sqlarrays import array
from preferences.models import ContactPoint, Erasure, Recipient
from preferences.recipients.services import recipient_erase

BROADCASTS, LISTED = 50, 400_000  # notifications: to everybody, and to one person each
EACH = 42_000  # deliveries of a broadcast
OWN = 300  # of the listed ones, to the one who is erased
DAYS = 8
SAID = "250 2.0.0 Ok: queued"
SCAN = re.compile(r"Seq Scan on (\w+)")
PLANNED = re.compile(rb"\s*(SELECT|WITH|UPDATE|DELETE)\b")
LARGE = 500  # pages: below it, reading all is the quickest
GIVE_UP = 600.0

NOTIFICATIONS = """
INSERT INTO notification (id, service_id, type_id, template_version_id, lane, state, channels,
    recipient_ids, unknown_recipients, everyone, variables, collapse_key, content_hash, metadata,
    attachment_ids, expires_at, cursor, dispatch_no)
SELECT id, 1, 1, 1, 1, 3, '{push}', CASE WHEN everyone THEN '{}'::bigint[] ELSE ARRAY[person] END,
    '{}', everyone, '', '', '', '{"order": "A-1"}', '{}', now() + interval '1 day', 0, 0
FROM unnest(%s::uuid[], %s::bigint[], %s::boolean[]) AS u (id, person, everyone)
"""
# An id is the millisecond of its notification, and 74 bits.
DELIVERIES = """
INSERT INTO delivery (id, notification_id, recipient_id, contact_point_id, channel, type_id,
    template_version_id, lane, state, outcome, reason, attempts, claims, crashes, dispatch_no,
    expires_at, settled_at, trace)
SELECT (substr(n::text, 1, 13) || '-7' || substr(h, 1, 3) || '-8' || substr(h, 4, 3) || '-'
        || substr(h, 7, 12))::uuid,
    n, person, person, 'push', 1, 1, 1, 5, 20, '', 1, 1, 0, 1, now() + interval '1 day', now(), ''
FROM unnest(%s::uuid[]) AS n, generate_series(1, %s) AS person,
    md5(n::text || person::text) AS h
"""
OWN_DELIVERIES = """
INSERT INTO delivery (id, notification_id, recipient_id, contact_point_id, channel, type_id,
    template_version_id, lane, state, outcome, reason, attempts, claims, crashes, dispatch_no,
    expires_at, settled_at, trace)
SELECT id, n, %s, %s, 'push', 1, 1, 1, 5, 20, '', 1, 1, 0, 1, now() + interval '1 day', now(), ''
FROM unnest(%s::uuid[], %s::uuid[]) AS u (id, n)
"""
ATTEMPTS = """
INSERT INTO attempt (delivery_id, number, account_id, started_at, duration_ms, outcome, code,
    reason, provider_id, response_excerpt)
SELECT id, 1, 1, now(), 20, 1, '', '', id::text, %s FROM delivery
ON CONFLICT DO NOTHING
"""
LEFT = """
SELECT count(*) FROM attempt WHERE delivery_id = ANY(%s::uuid[]) AND provider_id <> ''
"""


@dataclass
class Result:
    deliveries: int
    own: int
    at_once: float  # seconds of the request
    whole: float  # seconds until the first turn was over
    slowest_ms: float
    slowest: str
    statements: int


def run(stack: Stack) -> Result:
    """Raises BenchProblem when something is left, or is looked for in a whole table."""
    stack.halt(["beat", "periodic"])  # they would erase, too
    person = Recipient.objects.earliest("pk")
    ids = _fill(person)
    watch = _Watch()
    begin = time.monotonic()
    with connection.execute_wrapper(watch):
        recipient_erase(external_id=person.external_id)
        at_once = time.monotonic() - begin
        while Erasure.objects.get(pk=person.pk).turn == 0:
            erase_due()
            if time.monotonic() - begin > GIVE_UP:
                raise BenchProblem(f"not erased after {GIVE_UP:.0f} s")
    whole = time.monotonic() - begin
    _check(ids, watch)
    return Result(
        deliveries=_count("delivery"),
        own=len(ids),
        at_once=at_once,
        whole=whole,
        slowest_ms=round(watch.slowest * 1000),
        slowest=watch.statement,
        statements=watch.n,
    )


class _Watch:
    """Times each statement, and asks for its plan before it runs."""

    def __init__(self) -> None:
        self.n, self.slowest, self.statement = 0, 0.0, ""
        self.scans: set[str] = set()
        with connection.cursor() as cursor:
            cursor.execute("SELECT relname FROM pg_class WHERE relpages > %s", [LARGE])
            self._large = {row[0] for row in cursor.fetchall()}

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        raw = context["cursor"].cursor
        text = raw.mogrify(sql, params)
        if PLANNED.match(text) and b"set_config" not in text:
            raw.execute(b"EXPLAIN " + text)
            read = {name for (line,) in raw.fetchall() for name in SCAN.findall(line)}
            if read & self._large:
                self.scans.add(_short(text))
        begin = time.monotonic()
        try:
            return execute(sql, params, many, context)
        finally:
            self._note(text, time.monotonic() - begin)

    def _note(self, text: bytes, seconds: float) -> None:
        self.n += 1
        if seconds > self.slowest:
            self.slowest, self.statement = seconds, _short(text)


def _short(statement: bytes) -> str:
    return " ".join(statement.decode().split())[:90]


def _fill(person: Recipient) -> list[str]:
    """Deliveries over the last days; returns the ids of those of the person."""
    now = clock_now()
    ensure_partitions((now - timedelta(days=DAYS)).date(), DAYS + 1)
    ends = int(now.timestamp() * 1000)
    step = DAYS * 86_400_000 // (BROADCASTS + LISTED)
    ids = [uuid7(ends - n * step) for n in range(BROADCASTS + LISTED)]
    every = len(ids) // BROADCASTS
    to_all = set(ids[::every])
    listed = [id_ for id_ in ids if id_ not in to_all]
    own = set(listed[:: len(listed) // OWN])
    with connection.cursor() as cursor:
        whose = [person.pk if id_ in own else 2**40 + n for n, id_ in enumerate(ids)]
        cursor.execute(NOTIFICATIONS, [array(ids), array(whose), array(i in to_all for i in ids)])
        cursor.execute(DELIVERIES, [array(to_all), EACH])
        cursor.execute(DELIVERIES, [array(i for i in listed if i not in own), 1])
        theirs = _own(cursor, person, [*to_all, *own])
        cursor.execute(ATTEMPTS, [SAID])
        for table in ("notification", "delivery", "attempt"):
            cursor.execute(f"ANALYZE {table}")
    return theirs


def _own(cursor: Any, person: Recipient, notifications: Sequence[UUID]) -> list[str]:
    point = ContactPoint.objects.filter(recipient=person).earliest("pk")
    pairs = {
        delivery_id(id_.int >> 80, str(id_), person.pk, "push", point.pk): id_
        for id_ in notifications
    }
    cursor.execute(OWN_DELIVERIES, [person.pk, point.pk, array(pairs), array(pairs.values())])
    return list(pairs)


def _check(ids: Sequence[str], watch: _Watch) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LEFT, [array(ids)])
        left = int(cursor.fetchone()[0])
    if left:
        raise BenchProblem(f"{left:,} of {len(ids):,} attempts still quote the provider")
    if watch.scans:
        raise BenchProblem(f"a whole table is read by: {'; '.join(sorted(watch.scans))}")


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])
