"""Write planned deliveries: one statement for all of them, and their counters beside it."""

from collections import Counter
from collections.abc import Sequence
from operator import itemgetter

from django.db import connection

from notifications import counters
from notifications.cells import Cell, Settled, hour_of
from notifications.rows import Row
from notifications.status_events.outbox import enqueue_settled
from notifications.statuses import FINAL
from notifyproj.core.sqlarrays import array, few_array, quoted_array

INSERT = """
INSERT INTO delivery (id, notification_id, recipient_id, contact_point_id, app_id, type_id,
    template_version_id, lane, state, dispatch_no, channel, reason, due_at, expires_at,
    settled_at, unknown_recipient, fallback_of, arm_id, ready_at, trace)
SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[],
    %s::bigint[], %s::bigint[], %s::smallint[], %s::smallint[], %s::int[], %s::varchar[],
    %s::varchar[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::varchar[],
    %s::uuid[], %s::bigint[], %s::timestamptz[], %s::varchar[])
ON CONFLICT (id) DO NOTHING
RETURNING id::text
"""


def insert(rows: Sequence[Row]) -> list[Row]:
    """Insert in the caller's transaction; answers the rows that were new.

    An id is made of what the delivery is, so a chunk that is repeated inserts nothing.
    """
    if not rows:
        return []
    rows = sorted(
        rows, key=itemgetter(0)
    )  # by id: neighbours in the index are neighbours on the page
    columns = list(zip(*rows, strict=True))
    values = [array(column) for column in columns[:10]]
    values += [few_array(columns[10]), few_array(columns[11])]
    values += [_instants(column) for column in columns[12:15]]
    values += [quoted_array(columns[15]), array(columns[16]), array(columns[17])]
    values += [_instants(columns[18]), few_array(columns[19])]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        new = {row[0] for row in cursor.fetchall()}
    fresh = rows if len(new) == len(rows) else [row for row in rows if row.id in new]
    counters.insert(_tally(fresh))
    enqueue_settled((row.id, row.type_id, row.state, 0) for row in fresh if row.state in FINAL)
    return list(fresh)


def _instants(column: Sequence[object]) -> str:
    """Few distinct instants, many rows: each is formatted once."""
    text: dict[object, str | None] = {None: None}
    for value in set(column):
        text[value] = f'"{value.isoformat()}"' if value is not None else None  # type: ignore[attr-defined]
    return array(text[value] for value in column)


def _tally(rows: Sequence[Row]) -> Counter[Cell]:
    """Thousands of rows are a handful of different ones."""
    tally: Counter[Cell] = Counter()
    for settled, n in Counter(map(_counted, rows)).items():
        tally[settled.created()] += n
        for cell in settled.cells():
            tally[cell] += n
    return tally


def _counted(row: Row) -> Settled:
    """As new as it is, no account has it."""
    place = (hour_of(row.id), row.arm_id or 0, row.type_id, row.channel, 0)
    return Settled(*place, row.state, row.reason if row.state in FINAL else "")
