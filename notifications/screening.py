"""Which claimed deliveries may go now, and through which account: consent, breaker, rate."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from channels.base import Account, Channel
from channels.rates import lease
from channels.routing import CLOSED, Route, choose, next_chance, probe, routes
from notifications.claim import Claimed, Loaded
from notifications.record import FOREVER, Change, held_by, kept
from notifications.statuses import State
from preferences import decide as rules
from preferences.catalogue import type_of
from preferences.facts import Point

BACK_AFTER = timedelta(seconds=1)

_rng = random.Random()  # noqa: S311 - weights


class Chosen(NamedTuple):
    row: Claimed
    route: Route
    has_alternative: bool  # another healthy account could take the next try


def routable(
    rows: Sequence[Claimed], loaded: Loaded, now: datetime, put: Callable[[Change], None]
) -> list[Chosen]:
    """The rows that may be sent now, each with its account; the others are `put`."""
    chosen: list[Chosen] = []
    for row in rows:
        if (verdict := _decide(row, loaded, now)) is not None:
            put(verdict)
        elif (found := _route(row, now)) is None:
            put(_no_route(row, now))
        else:
            chosen.append(Chosen(row, *found))
    granted = _grants(chosen)
    allowed = []
    for item in chosen:
        account = item.route.account
        granted[account.id] -= 1
        if granted[account.id] >= 0:
            allowed.append(item)
        else:
            put(_rate_limited(item.row, account, -granted[account.id], now))
    return allowed


def _decide(row: Claimed, loaded: Loaded, now: datetime) -> Change | None:
    """Ask again: consent, suppression, hours and the contact point may have changed since."""
    parent = loaded.parents.get(row.notification_id)
    if parent is None or parent.cancelled:
        return Change(row, State.CANCELLED, "cancelled")
    person = loaded.people.get(row.recipient_id)
    if person is None:
        return Change(row, State.SKIPPED, "recipient_unknown")
    target = _target(row, loaded.points.get(row.contact_point_id or 0))
    type_ = type_of(row.type_id)
    if type_ is None:
        return Change(row, State.FAILED, "type_removed")
    match rules.decide(now, type_.rules, person.rules, target, row.expires_at):
        case rules.Send():
            return None
        case rules.Defer(until, reason):
            due_at = min(until, row.expires_at)
            return Change(row, State.WAITING, kept(row, reason), due_at=due_at)
        case rules.Skip("expired"):
            return Change(row, State.EXPIRED, "expired")
        case rules.Skip(reason):
            return Change(row, State.SKIPPED, reason)


def _rate_limited(row: Claimed, account: Account, behind: int, now: datetime) -> Change:
    """Back when those before it may have gone: all of them each second would only churn."""
    wait = BACK_AFTER + timedelta(seconds=behind / max(1, account.rate_per_second))
    due_at = min(now + wait, row.expires_at)
    return Change(row, State.WAITING, kept(row, "rate_limited"), due_at=due_at)


def _target(row: Claimed, point: Point | None) -> rules.Target:
    if row.channel == Channel.INBOX:
        return rules.Target(row.channel)
    here = point is not None and point.active and point.recipient_id == row.recipient_id
    return rules.Target(row.channel, here, point is not None and point.suppressed)


def _route(row: Claimed, now: datetime) -> tuple[Route, bool] | None:
    """The account for this try, and whether another could take the next one."""
    candidates = routes.get().serving(row.channel, row.app_id)
    route = choose(candidates, now, _rng, avoid=row.account_id) or probe(candidates, now)
    if route is None:
        return None
    others = [r for r in candidates if r is not route and not r.held and not r.is_open(now)]
    return route, bool(others)


def _no_route(row: Claimed, now: datetime) -> Change:
    candidates = routes.get().serving(row.channel, row.app_id)
    if not candidates:
        return Change(row, State.FAILED, "no_account")
    if all(route.held for route in candidates):
        first = candidates[0].account.id
        return _held(row, first)
    due_at = min(next_chance(candidates, now), row.expires_at)
    reason = kept(row, "provider_down")
    return Change(row, State.WAITING, reason, due_at=max(due_at, now + BACK_AFTER))


def _held(row: Claimed, account_id: int) -> Change:
    reason, holder = kept(row, "account_held"), held_by(account_id)
    return Change(row, State.WAITING, reason, due_at=FOREVER, held_by=holder)


def _grants(chosen: Sequence[Chosen]) -> dict[int, int]:
    """How many sends each account's rate and breaker allow: one script call an account."""
    wanted = Counter(route.account.id for _, route, _ in chosen)
    by_id = {route.account.id: (row, route) for row, route, _ in chosen}
    granted = {}
    for account_id, n in wanted.items():
        row, route = by_id[account_id]
        probing = route.breaker != CLOSED
        granted[account_id] = lease(route.account, 1 if probing else n, row.lane)
    return granted
