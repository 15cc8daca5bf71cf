"""How well accounts do: holding one, its breaker, and what each flush of a worker saw of it."""

import logging
from collections.abc import Mapping

from django.db import connection
from django.utils import timezone
from psycopg2.extras import execute_values

from channels.models import ProviderAccount
from channels.routing import CLOSED, routes

log = logging.getLogger(__name__)


def hold(account_id: int, reason: str) -> bool:
    """Take an account out of use until an operator mends it; answers whether it was in use."""
    held = ProviderAccount.objects.filter(pk=account_id, held_at=None).update(
        held_at=timezone.now(), held_reason=reason[:200]
    )
    if held:
        log.error("account held", extra={"account_id": account_id, "reason": reason})
    routes.forget()
    return bool(held)


def resume(account_id: int) -> None:
    ProviderAccount.objects.filter(pk=account_id).update(
        held_at=None, held_reason="", breaker=CLOSED, breaker_until=None, breaker_trips=0
    )
    routes.forget()


def record_health(seen: Mapping[int, tuple[int, ...]]) -> None:
    """Insert (ok, failed, throttled) by account, in the caller's transaction."""
    if not seen:
        return
    with connection.cursor() as cursor:
        execute_values(
            cursor,
            "INSERT INTO account_health_delta (account_id, at, ok, failed, throttled) VALUES %s",
            [(account_id, *tally) for account_id, tally in seen.items()],
            template="(%s, now(), %s, %s, %s)",
        )


# An account trips when most of at least ten sends of the last ten seconds failed.
FOLD = """
WITH recent AS (
    SELECT account_id, sum(ok) AS ok, sum(failed) AS failed,
           sum(ok) FILTER (WHERE at > now() - interval '2 seconds') AS ok_now,
           sum(failed) FILTER (WHERE at > now() - interval '2 seconds') AS failed_now
    FROM account_health_delta WHERE at > now() - interval '10 seconds' GROUP BY account_id
), verdict AS (
    SELECT a.id,
        CASE
            WHEN a.breaker = 'half_open' AND coalesce(r.ok_now, 0) > 0 THEN 'closed'
            WHEN a.breaker = 'half_open' AND coalesce(r.failed_now, 0) > 0 THEN 'open'
            WHEN a.breaker = 'closed' AND r.ok + r.failed >= 10 AND r.failed > r.ok THEN 'open'
            ELSE a.breaker
        END AS breaker
    FROM provider_account a JOIN recent r ON r.account_id = a.id
)
UPDATE provider_account a SET
    breaker = v.breaker,
    breaker_trips = CASE v.breaker WHEN 'open' THEN a.breaker_trips + 1 ELSE 0 END,
    breaker_until = CASE v.breaker WHEN 'open'
        THEN now() + least(interval '5 seconds' * power(2, a.breaker_trips), interval '5 minutes')
        END
FROM verdict v WHERE v.id = a.id AND v.breaker <> a.breaker
RETURNING a.id, a.slug, a.breaker
"""


def fold_health() -> None:
    """Move the breakers from the last seconds' increments, then forget older ones."""
    with connection.cursor() as cursor:
        cursor.execute(FOLD)
        moved = cursor.fetchall()
        for _, slug, breaker in moved:
            log.warning("breaker moved", extra={"account": slug, "breaker": breaker})
        # What was seen before the probe would open a closed breaker again.
        cursor.execute(
            "DELETE FROM account_health_delta"
            " WHERE at < now() - interval '1 minute' OR account_id = ANY(%s::bigint[])",
            [[id_ for id_, _, breaker in moved if breaker == CLOSED]],
        )
