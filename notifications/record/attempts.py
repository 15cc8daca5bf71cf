"""Tries into the log: one statement for all of them."""

from collections.abc import Sequence

from django.db import connection

from notifications.record.deltas import latency_of
from notifications.record.outcomes import Finished, excerpt
from notifications.record.tallies import cost
from notifyproj.core.sqlarrays import array, quoted_array
from preferences.facts.types import catalogue

MOST_UNITS = 32_767

# Answers something only if some of them were there before; or thousands of keys would come back
# each time.
INSERT = """
WITH new AS (
    INSERT INTO attempt (delivery_id, number, account_id, started_at, duration_ms, outcome,
        response_status, code, reason, provider_id, response_excerpt, units, cost_micros,
        latency_ms)
    SELECT * FROM unnest(%s::uuid[], %s::smallint[], %s::bigint[], %s::timestamptz[], %s::int[],
        %s::smallint[], %s::smallint[], %s::varchar[], %s::varchar[], %s::varchar[],
        %s::varchar[], %s::smallint[], %s::bigint[], %s::int[])
    ON CONFLICT DO NOTHING
    RETURNING delivery_id, number
)
SELECT CASE WHEN count(*) < %s
    THEN coalesce(array_agg(delivery_id::text || ' ' || number), '{}') END FROM new
"""

Tried = tuple[Finished, int | None]  # with its latency


def insert_attempts(tries: Sequence[Finished]) -> list[Tried]:
    """In the caller's transaction; answers those that were new."""
    if not tries:
        return []
    waited = [latency_of(done) for done in tries]
    answers = [_answer(done) for done in tries]
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            [
                array([done.row.id for done in tries]),
                array([done.row.claims for done in tries]),
                array([done.account_id for done in tries]),
                array([f'"{done.started_at.isoformat()}"' for done in tries]),
                array([int(done.duration * 1000) for done in tries]),
                array([done.outcome.kind.value for done in tries]),
                array([status for status, _ in answers]),
                quoted_array([done.outcome.code[:64] for done in tries]),
                quoted_array([done.outcome.reason[:200] for done in tries]),
                quoted_array([done.outcome.provider_id[:200] for done in tries]),
                quoted_array([text for _, text in answers]),
                array([min(done.units, MOST_UNITS) for done in tries]),
                array([cost(done) for done in tries]),
                array(waited),
                len(tries),
            ],
        )
        (written,) = cursor.fetchone()
    tried = list(zip(tries, waited, strict=True))
    return tried if written is None else _only(tried, set(written))


def _only(tried: Sequence[Tried], written: set[str]) -> list[Tried]:
    return [one for one in tried if f"{one[0].row.id} {one[0].row.claims}" in written]


def _answer(done: Finished) -> tuple[int | None, str]:
    """Of a sensitive type only the status: providers quote what they refuse."""
    status, text = excerpt(done.result, done.row.channel)
    type_ = catalogue.get().by_id.get(done.row.type_id)
    return status, "" if type_ is None or type_.sensitive else text
