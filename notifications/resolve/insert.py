"""Write planned deliveries: one statement for all of them, and their counters beside it."""

from collections import Counter
from collections.abc import Sequence
from operator import itemgetter

from django.db import IntegrityError, connection, transaction

from notifications.counters import table as counters
from notifications.counters.cells import Cell, Settled, hour_of
from notifications.resolve.rows import OWN, Row, Shared
from notifications.status_events.outbox import enqueue_settled
from notifications.statuses import FINAL
from notifyproj.core.sqlarrays import array, instant_array, quoted_array

# What many rows share comes once, by number: parsing 18 long arrays cost as much as writing.
ROWS = """
INSERT INTO delivery (id, recipient_id, contact_point_id, unknown_recipient, fallback_of,
    notification_id, app_id, type_id, template_version_id, lane, state, dispatch_no, channel,
    reason, due_at, expires_at, settled_at, arm_id, ready_at, trace)
SELECT r.id, r.recipient_id, r.contact_point_id, r.unknown_recipient, r.fallback_of,
    s.notification_id, s.app_id, s.type_id, s.template_version_id, s.lane, s.state, s.dispatch_no,
    s.channel, s.reason, s.due_at, s.expires_at, s.settled_at, s.arm_id,
    s.ready_at, s.trace
FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::varchar[], %s::uuid[], %s::int[])
    AS r (id, recipient_id, contact_point_id, unknown_recipient, fallback_of, n)
JOIN unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[], %s::smallint[], %s::smallint[],
    %s::int[], %s::varchar[], %s::varchar[], %s::timestamptz[], %s::timestamptz[],
    %s::timestamptz[], %s::bigint[], %s::timestamptz[], %s::varchar[])
    WITH ORDINALITY AS s (notification_id, app_id, type_id, template_version_id, lane, state,
    dispatch_no, channel, reason, due_at, expires_at, settled_at, arm_id,
    ready_at, trace, n) ON s.n = r.n
"""
NEW_ONLY = f"{ROWS} ON CONFLICT (id) DO NOTHING RETURNING id::text"


def insert(rows: Sequence[Row]) -> list[Row]:
    """Insert in the caller's transaction; returns the rows that were new.

    An id is made of what the delivery is, so a chunk that is repeated inserts nothing.
    """
    if not rows:
        return []
    # By id: neighbours in the index are neighbours on the page.
    rows = sorted(rows, key=itemgetter(0))
    shared: dict[Shared, int] = {}
    numbers = [shared.setdefault(row[OWN:], len(shared) + 1) for row in rows]
    values = [*_own(rows), array(numbers), *_shared(list(shared))]
    if not _all_are_new(values):
        rows = _new_of(rows, values)
        numbers = [shared[row[OWN:]] for row in rows]
    counters.insert(_tally(rows, numbers))
    enqueue_settled((row.id, row.type_id, row.state, 0) for row in rows if row.state in FINAL)
    return rows


def _all_are_new(values: Sequence[str]) -> bool:
    """As nearly always. To write with an eye on conflicts costs a fifth more."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(ROWS, values)
    except IntegrityError:
        return False
    return True


def _new_of(rows: Sequence[Row], values: Sequence[str]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(NEW_ONLY, values)
        new = {row[0] for row in cursor.fetchall()}
    return [row for row in rows if row.id in new]


def _own(rows: Sequence[Row]) -> list[str]:
    return [
        array(row.id for row in rows),
        array(row.recipient_id for row in rows),
        array(row.contact_point_id for row in rows),
        quoted_array(row.unknown_recipient for row in rows),
        array(row.fallback_of for row in rows),
    ]


def _shared(shared: Sequence[Shared]) -> list[str]:
    columns = list(zip(*shared, strict=True))
    values = [array(column) for column in columns[:7]]
    values += [quoted_array(columns[7]), quoted_array(columns[8])]
    values += [instant_array(column) for column in columns[9:12]]
    return [*values, array(columns[12]), instant_array(columns[13]), quoted_array(columns[14])]


def _tally(rows: Sequence[Row], numbers: Sequence[int]) -> Counter[Cell]:
    """Thousands of rows are a handful of different ones."""
    one_of = dict(zip(numbers, rows, strict=True))
    tally: Counter[Cell] = Counter()
    for number, n in Counter(numbers).items():
        settled = _counted(one_of[number])
        tally[settled.created()] += n
        for cell in settled.cells():
            tally[cell] += n
    return tally


def _counted(row: Row) -> Settled:
    """As new as it is, no account has it."""
    place = (hour_of(row.id), row.arm_id or 0, row.type_id, row.channel, 0)
    return Settled(*place, row.state, row.reason if row.state in FINAL else "")
