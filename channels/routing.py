"""Which account a message goes through: a snapshot of all accounts, at most a second old.

The breaker opens for an account whose sends mostly fail, stays open for a growing time, then
lets one message through as a probe; `health.py` moves it, from what workers inserted.
"""

import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

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
