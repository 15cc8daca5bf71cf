"""Which account a message goes through: a snapshot of all accounts, at most a second old.

The breaker opens for an account whose sends mostly fail, stays open for a growing time, then
lets one message through as a probe; `fold_health` moves it, from what workers inserted.
"""

import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone
from psycopg2.extras import execute_values

from channels.base import Account, Channel
from channels.credentials import account_value
from channels.models import ProviderAccount
from channels.protocols import Adapter
from channels.registry import adapter
from notifyproj.core.encryption import Undecryptable
from notifyproj.core.snapshot import Snapshot

log = logging.getLogger(__name__)

CLOSED, OPEN, HALF_OPEN = "closed", "open", "half_open"
OWN_INBOX = Account(
    id=0,
    slug="inbox",
    kind="inbox",
    channel=Channel.INBOX,
    app_id=None,
    endpoint="",
    credentials={},
    settings={},
)  # the inbox is ours: it needs no account
PROBE_LEASE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Route:
    """An account ready to use, with its adapter and the state of its breaker."""

    account: Account
    adapter: Adapter
    held: bool
    breaker: str
    breaker_until: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Not to be used but for a probe."""
        return self.breaker != CLOSED


class Routes:
    def __init__(self, routes: Sequence[Route]) -> None:
        self.by_id = {route.account.id: route for route in routes}
        self._by_place: dict[tuple[str, int | None], list[Route]] = {}
        for route in routes:
            place = (route.account.channel.value, route.account.app_id)
            self._by_place.setdefault(place, []).append(route)

    def serving(self, channel: str, app_id: int | None) -> list[Route]:
        """Every account that may send to this app's contact points, held and broken ones too."""
        return self._by_place.get((channel, app_id), [])


def _load() -> Routes:
    routes = []
    for row in ProviderAccount.objects.filter(enabled=True).order_by("id"):
        try:
            value = account_value(row)
            routes.append(
                Route(value, adapter(row.kind), bool(row.held_at), row.breaker, row.breaker_until)
            )
        except (Undecryptable, LookupError) as error:
            log.exception("account cannot be used", extra={"account": row.slug, "error": error})
    if not any(route.account.channel == Channel.INBOX for route in routes):
        routes.append(Route(OWN_INBOX, adapter("inbox"), False, CLOSED, None))
    return Routes(routes)


routes = Snapshot(_load, seconds=1)


def choose(
    candidates: Sequence[Route], now: datetime, rng: random.Random, avoid: int | None = None
) -> Route | None:
    """By weight among the healthy ones, another than `avoid` if there is one; None when all are
    held or broken (see `probe`)."""
    healthy = [r for r in candidates if not r.held and not r.is_open(now)]
    others = [r for r in healthy if r.account.id != avoid] or healthy
    if len(others) <= 1:
        return others[0] if others else None
    weights = [max(0, r.account.weight) for r in others]
    if not any(weights):
        weights = [1] * len(others)
    return rng.choices(others, weights)[0]


def probe(candidates: Sequence[Route], now: datetime) -> Route | None:
    """Take the one probe of a broken account whose time has come, by a conditional update."""
    for route in candidates:
        if route.held or route.breaker_until is None or route.breaker_until > now:
            continue
        taken = ProviderAccount.objects.filter(
            pk=route.account.id, breaker=route.breaker, breaker_until__lte=now
        ).update(breaker=HALF_OPEN, breaker_until=now + PROBE_LEASE)
        if taken:
            return route
    return None


def next_chance(candidates: Sequence[Route], now: datetime) -> datetime:
    """When a broken account may be probed next; at most half a minute away."""
    times = [r.breaker_until for r in candidates if r.breaker_until and not r.held]
    return min([*times, now + timedelta(seconds=30)])


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
