"""Once a second: what workers saw of the accounts becomes breakers, rates and days.

The breaker opens for an account whose sends mostly fail, stays open for a growing time, and is
closed by a probe that the provider answered.
"""

import logging
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction

from channels.accounts.health import STALE
from channels.accounts.rate_control import Lately, next_rate
from channels.accounts.routes import CLOSED, OPEN, PROBE_LEASE
from notifyproj.core.advisory_lock import AdvisoryLock
from notifyproj.core.alerts.alerts import alert_raise, alert_resolve
from notifyproj.core.sqlarrays import array

log = logging.getLogger(__name__)

LOCK = AdvisoryLock("heal")
CLOCKS = timedelta(seconds=1)  # a worker's and the database's may differ by that
GENTLY = 100.0  # messages a second an account begins with when its breaker closes
NOTABLE = 0.01  # a smaller change of an average is not worth a row's update

# Beside the days a streak is kept, however slowly attempts come: the breaker looks at ten seconds.
DAYS = """
WITH taken AS (
    UPDATE account_health_delta SET folded = true WHERE NOT folded
    RETURNING account_id, at, ok, failed, throttled, dead, cost_micros
), seen AS (
    SELECT account_id, sum(ok) AS ok, sum(failed) AS failed, min(at) AS first
    FROM taken GROUP BY account_id
), streak AS (
    UPDATE provider_account a SET
        failures = CASE WHEN s.failed > s.ok
            THEN least(a.failures + s.failed, 1000000000) ELSE 0 END,
        failing_since = CASE WHEN s.failed > s.ok THEN coalesce(a.failing_since, s.first) END
    FROM seen s
    WHERE a.id = s.account_id AND (s.failed > s.ok OR (s.ok > 0 AND a.failures > 0))
)
INSERT INTO account_day AS d (account_id, day, ok, failed, throttled, dead, cost_micros)
SELECT account_id, (at AT TIME ZONE 'UTC')::date,
    sum(ok), sum(failed), sum(throttled), sum(dead), sum(cost_micros)
FROM taken GROUP BY 1, 2 ORDER BY 1, 2
ON CONFLICT (account_id, day) DO UPDATE SET
    ok = d.ok + excluded.ok, failed = d.failed + excluded.failed,
    throttled = d.throttled + excluded.throttled, dead = d.dead + excluded.dead,
    cost_micros = d.cost_micros + excluded.cost_micros
"""

# An account trips when most of at least ten sends of the last ten seconds failed. Of a probe
# counts what came since it was taken, however late this looks; "too fast" is an answer, too.
# What failed before somebody corrected the account says nothing of it now.
BREAKERS = """
WITH recent AS (
    SELECT a.id, a.breaker, sum(h.ok) AS ok, sum(h.failed) AS failed,
        sum(h.throttled) AS throttled
    FROM provider_account a JOIN account_health_delta h ON h.account_id = a.id
        AND h.at > CASE a.breaker WHEN 'half_open' THEN a.breaker_until - %(probe)s::interval
            ELSE now() - interval '10 seconds' END
        AND (a.resumed_at IS NULL OR h.at > a.resumed_at + %(stale)s)
    WHERE a.breaker_forced = ''
    GROUP BY a.id
), verdict AS (
    SELECT id, CASE
        WHEN breaker = 'half_open' AND ok + throttled > 0 THEN 'closed'
        WHEN breaker = 'half_open' AND failed > 0 THEN 'open'
        WHEN breaker = 'closed' AND ok + failed >= 10 AND failed > ok THEN 'open'
        ELSE breaker END AS breaker
    FROM recent
)
UPDATE provider_account a SET
    breaker = v.breaker,
    breaker_trips = CASE v.breaker WHEN 'open' THEN a.breaker_trips + 1 ELSE 0 END,
    breaker_until = CASE v.breaker WHEN 'open' THEN
        now() + least(interval '5 seconds' * power(2, least(a.breaker_trips, 10)),
                      interval '5 minutes') END,
    rate_now = CASE v.breaker WHEN 'closed' THEN least(coalesce(a.rate_now, %(gently)s),
        %(gently)s) ELSE a.rate_now END
FROM verdict v WHERE v.id = a.id AND v.breaker <> a.breaker
RETURNING a.id, a.slug, a.breaker
"""

# What was seen before a probe would open a breaker again that the probe has closed.
FORGET = """
DELETE FROM account_health_delta
WHERE folded AND (at < now() - interval '1 minute' OR account_id = ANY(%s::bigint[]))
"""

MINUTES = """
SELECT a.id, a.rate_now, a.rate_per_second, a.latency_ms, a.success_share,
    coalesce(sum(h.ok), 0)::float, coalesce(sum(h.failed), 0)::float,
    coalesce(sum(h.throttled), 0)::float, coalesce(sum(h.busy_ms), 0)::float,
    coalesce(sum(h.ok) FILTER (WHERE h.at > now() - interval '1 second'), 0)::float,
    coalesce(sum(h.ok) FILTER (WHERE h.at > now() - interval '2 seconds'), 0)::float,
    coalesce(sum(h.ok) FILTER (WHERE h.at > now() - interval '3 seconds'), 0)::float,
    coalesce(sum(h.throttled) FILTER (WHERE h.at > now() - interval '1.5 seconds'), 0)::int,
    coalesce(extract(epoch FROM now() - max(h.at) FILTER (WHERE h.throttled > 0)), 60)::float
FROM provider_account a LEFT JOIN account_health_delta h ON h.account_id = a.id
    AND h.at > now() - interval '1 minute'
GROUP BY a.id
"""

WRITE = """
UPDATE provider_account a SET rate_now = u.rate, latency_ms = u.latency, success_share = u.share
FROM unnest(%s::bigint[], %s::float[], %s::float[], %s::float[]) AS u (id, rate, latency, share)
WHERE a.id = u.id
"""


class Minute(NamedTuple):
    """An account and what was seen of it in the last minute."""

    id: int
    rate: float | None
    configured: int
    latency_ms: float | None
    success_share: float | None
    ok: float
    failed: float
    throttled: float
    busy_ms: float
    ok_1s: float
    ok_2s: float
    ok_3s: float
    throttled_now: int
    since: float

    def lately(self) -> Lately:
        peak = max(self.ok_1s, self.ok_2s - self.ok_1s, self.ok_3s - self.ok_2s)
        taken = max(self.ok_2s, self.ok_3s - self.ok_1s) / 2
        return Lately(taken, peak, self.throttled_now, self.since)

    def folded(self) -> tuple[float | None, float | None, float | None]:
        """(rate, latency, share of sends that succeeded); None where nothing was seen. Being
        told to slow down is no failure: the rate answers to that."""
        sends, judged = self.ok + self.failed + self.throttled, self.ok + self.failed
        return (
            next_rate(self.rate, self.configured, self.lately()),
            self.busy_ms / sends if sends else None,
            self.ok / judged if judged else None,
        )


def fold_health() -> None:
    """One at a time; a second one that comes meanwhile does nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        if not LOCK.try_take():
            return
        cursor.execute(DAYS)
        probe = f"{(PROBE_LEASE + CLOCKS).total_seconds()} seconds"
        params: dict[str, Any] = {"probe": probe, "gently": GENTLY, "stale": STALE}
        cursor.execute(BREAKERS, params)
        moved: list[tuple[int, str, str]] = cursor.fetchall()
        _tell(moved)
        cursor.execute(FORGET, [[id_ for id_, _, breaker in moved if breaker == CLOSED]])
        _fold_minutes()


def _tell(moved: list[tuple[int, str, str]]) -> None:
    for id_, slug, breaker in moved:
        log.warning("breaker moved", extra={"account": slug, "breaker": breaker})
        key = f"breaker-open:{id_}"
        if breaker == OPEN:
            title = f"Most sends through the account {slug} fail"
            alert_raise(
                key=key, title=title, detail="Its circuit breaker is open; test messages continue."
            )
        elif breaker == CLOSED:
            alert_resolve(key=key)


def _fold_minutes() -> None:
    with connection.cursor() as cursor:
        cursor.execute(MINUTES)
        seen = [Minute(*row) for row in cursor.fetchall()]
        changed = [(m.id, *m.folded()) for m in seen if _notable(m)]
        if changed:
            cursor.execute(WRITE, [array(column) for column in zip(*changed, strict=True)])


def _notable(minute: Minute) -> bool:
    before = (minute.rate, minute.latency_ms, minute.success_share)
    return any(_differ(a, b) for a, b in zip(before, minute.folded(), strict=True))


def _differ(before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return before is not after
    return abs(after - before) > NOTABLE * abs(before)
