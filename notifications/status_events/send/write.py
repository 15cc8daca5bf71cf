"""Write a batch of attempts in one transaction: events, attempts, and the state of endpoints.

Fenced by the lease: where that ran out, only the attempt is written, because it happened.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction

from notifications.status_events.models import alert_key
from notifications.status_events.send.outcomes import Verdict, excerpt, why
from notifyproj.core.alerts.alerts import alert_raise
from notifyproj.core.sqlarrays import array, quoted_array

log = logging.getLogger(__name__)

SUSPEND_AFTER_HOURS = 24  # of failing, without a success
SUSPEND_AFTER_TRIES = 20
WEARY = 10  # failures in a row after which an endpoint rests between tries
LONGEST_REST = 30  # seconds

EVENTS = """
UPDATE status_event v SET state = u.state, due_at = u.due_at, lease_id = NULL,
    attempts = v.attempts + u.attempts,
    tries = v.tries - (u.attempts = 0)::int,
    settled_at = CASE WHEN u.due_at IS NULL THEN now() END
FROM unnest(%s::uuid[], %s::bigint[], %s::smallint[], %s::timestamptz[], %s::smallint[])
    AS u (id, lease, state, due_at, attempts)
WHERE v.id = u.id AND v.lease_id = u.lease
"""

ATTEMPTS = """
INSERT INTO status_attempt (event_id, number, started_at, duration_ms, status, reason, excerpt)
SELECT * FROM unnest(%s::uuid[], %s::smallint[], %s::timestamptz[], %s::int[], %s::smallint[],
    %s::varchar[], %s::varchar[])
ON CONFLICT DO NOTHING
"""

# One that succeeds all the time is not written at all.
ENDPOINTS = """
WITH seen AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(ok)s::int[], %(failed)s::int[], %(rest)s::float8[])
        AS u (id, ok, failed, rest)
), locked AS (
    SELECT e.id FROM status_endpoint e JOIN seen ON seen.id = e.id
    WHERE seen.failed > 0 OR e.failures > 0 OR e.failing_since IS NOT NULL
    ORDER BY e.id FOR NO KEY UPDATE OF e
)
UPDATE status_endpoint e SET
    failures = CASE WHEN s.ok > 0 THEN 0 ELSE e.failures + s.failed END,
    failing_since = CASE WHEN s.ok = 0 THEN coalesce(e.failing_since, now()) END,
    rest_until = CASE
        WHEN s.rest > 0 THEN now() + make_interval(secs => s.rest)
        WHEN s.ok = 0 AND e.failures + s.failed >= %(weary)s
            THEN now() + make_interval(secs => least(e.failures + s.failed, %(longest)s))
        ELSE e.rest_until END
FROM seen s JOIN locked USING (id) WHERE e.id = s.id
"""

SUSPEND = """
UPDATE status_endpoint SET suspended_at = now(), tell_owner = true,
    reason = 'Nothing was taken since ' || to_char(failing_since AT TIME ZONE 'UTC',
        'YYYY-MM-DD HH24:MI') || ' UTC'
WHERE id = ANY(%s::bigint[]) AND enabled AND suspended_at IS NULL AND failures >= %s
  AND failing_since <= now() - make_interval(hours => %s)
RETURNING id, reason
"""

DISABLE = """
UPDATE status_endpoint SET enabled = false, tell_owner = true, reason = 'It answered 410 Gone'
WHERE id = ANY(%s::bigint[]) AND enabled RETURNING id, reason
"""


class Tally(NamedTuple):
    ok: int = 0
    failed: int = 0
    rest: float = 0.0
    gone: bool = False

    def plus(self, one: Verdict) -> "Tally":
        return Tally(
            self.ok + one.is_success,
            self.failed + (one.counts and not one.is_success),
            max(self.rest, one.rest),
            self.gone or one.gone,
        )


def write(verdicts: Sequence[Verdict]) -> None:
    """Raises django.db.Error; writing the same again changes nothing but the endpoint's count."""
    ordered = sorted(verdicts, key=lambda one: one.tried.row.id)
    tried = [one for one in ordered if one.counts]
    with transaction.atomic():
        _events(ordered)
        if tried:
            _attempts(tried)
            _endpoints(tried)


def _events(verdicts: Sequence[Verdict]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            EVENTS,
            [
                array(one.tried.row.id for one in verdicts),
                array(one.tried.row.lease for one in verdicts),
                array(one.state.value for one in verdicts),
                array(_instant(one.due_at) for one in verdicts),
                array(one.attempts for one in verdicts),
            ],
        )


def _attempts(verdicts: Sequence[Verdict]) -> None:
    tries = [one.tried for one in verdicts]
    with connection.cursor() as cursor:
        cursor.execute(
            ATTEMPTS,
            [
                array(done.row.id for done in tries),
                array(done.row.tries for done in tries),
                array(_instant(done.started_at) for done in tries),
                array(int(done.duration * 1000) for done in tries),
                array(done.status for done in tries),
                quoted_array(why(done) for done in tries),
                quoted_array(excerpt(done) for done in tries),
            ],
        )


def _endpoints(verdicts: Sequence[Verdict]) -> None:
    seen: dict[int, Tally] = {}
    for one in verdicts:
        id_ = one.tried.row.endpoint_id
        seen[id_] = seen.get(id_, Tally()).plus(one)
    values: dict[str, Any] = {"ids": array(seen), "weary": WEARY, "longest": LONGEST_REST}
    values |= {name: array(getattr(t, name) for t in seen.values()) for name in Tally._fields[:3]}
    failing = [id_ for id_, tally in seen.items() if tally.failed]
    with connection.cursor() as cursor:
        cursor.execute(ENDPOINTS, values)
        stopped: list[tuple[int, str]] = []
        if failing:
            limits = (array(sorted(failing)), SUSPEND_AFTER_TRIES, SUSPEND_AFTER_HOURS)
            cursor.execute(SUSPEND, limits)
            stopped += cursor.fetchall()
        if gone := sorted(id_ for id_, tally in seen.items() if tally.gone):
            cursor.execute(DISABLE, [array(gone)])
            stopped += cursor.fetchall()
    for id_, reason in stopped:
        log.warning("status endpoint stopped", extra={"endpoint_id": id_, "reason": reason})
        title = f"Status events to endpoint {id_} are stopped"
        alert_raise(key=alert_key(id_), title=title, detail=reason)


def _instant(value: datetime | None) -> str | None:
    return None if value is None else f'"{value.isoformat()}"'
