"""The accounts messages may go through: a snapshot of all, at most a second old, with their
credentials, which are sealed for an account's slug.

Which of them a message takes, `choose.py` says; how they do, `health.py` writes.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta

from django.db.models import F

from channels import registry
from channels.accounts.areas import area_key
from channels.accounts.choose import CLOSED, FIXED, HALF_OPEN, OPEN, Route, serving
from channels.accounts.probe import take_held_probe
from channels.base import Account, Channel
from channels.models import AccountDay, ProviderAccount
from notifyproj.core import encryption
from notifyproj.core.clock import Snapshot
from notifyproj.core.clock import now as clock_now
from notifyproj.core.encryption import Undecryptable

__all__ = ["CLOSED", "HALF_OPEN", "OPEN", "Route", "Routes", "next_chance", "probe", "routes"]

log = logging.getLogger(__name__)

# What needs no account: the inbox is ours, the others are the recipients' own servers.
OWN = {Channel.INBOX: 0, Channel.WEBHOOK: -1, Channel.SLACK: -2}
PROBE_LEASE = timedelta(seconds=30)
LOOK_AGAIN = timedelta(seconds=30)
UNUSABLE = (Undecryptable, LookupError, AttributeError, TypeError, ValueError)  # one row's fault
AFTER_MIDNIGHT = timedelta(seconds=3)  # no snapshot of the old day is left then


class Routes:
    def __init__(
        self,
        routes: Sequence[Route],
        places: Mapping[int, tuple[str, int | None]] | None = None,
    ) -> None:
        self.by_id = {route.account.id: route for route in routes}
        self._places = places or {}
        self._by_place: dict[tuple[str, int | None], list[Route]] = {}
        for route in routes:
            place = (route.account.channel.value, route.account.app_id)
            self._by_place.setdefault(place, []).append(route)
        self._by_area = {
            place
            for place, found in self._by_place.items()
            if any(route.serves or route.costs.keys() - {""} for route in found)
        }

    def serving(self, channel: str, app_id: int | None) -> list[Route]:
        """Every account that may send to this app's contact points, held and broken ones too."""
        return self._by_place.get((channel, app_id), [])

    def candidates(
        self, channel: str, app_id: int | None, policy: str, fixed: int | None
    ) -> list[Route]:
        """The same, for a type: one that is fixed to an account of theirs has that one only."""
        if policy == FIXED and self._places.get(fixed or 0) == (channel, app_id):
            route = self.by_id.get(fixed or 0)
            return [route] if route else []
        return self.serving(channel, app_id)

    def by_area(self, channel: str, app_id: int | None) -> bool:
        """Whether it matters there where a message goes."""
        return (channel, app_id) in self._by_area


def _load() -> Routes:
    rows = list(ProviderAccount.objects.order_by("id"))
    spent = _spent_today() if any(row.daily_cap for row in rows) else {}
    found = []
    for row in rows:
        if not row.enabled:
            continue
        try:
            found.append(_route(row, spent.get(row.pk, 0)))
        except UNUSABLE as error:
            log.exception("account cannot be used", extra={"account": row.slug, "error": error})
    found += _own({route.account.channel for route in found})
    return Routes(found, {row.pk: (row.channel, row.app_id) for row in rows})


def _spent_today() -> dict[int, int]:
    today = AccountDay.objects.filter(day=clock_now().astimezone(UTC).date())
    return dict(today.values_list("account_id", F("ok") + F("failed")))


def _route(row: ProviderAccount, spent: int) -> Route:
    return Route(
        account_value(row),
        registry.adapter(row.kind),
        held=row.held_at is not None,
        breaker=row.breaker,
        breaker_until=row.breaker_until,
        breaker_forced=row.breaker_forced,
        held_by=row.held_by,
        probe_at=row.probe_at,
        serves=frozenset(map(area_key, row.serves)),
        costs={area_key(area): float(cost) for area, cost in row.costs.items()},
        day_left=row.daily_cap - spent if row.daily_cap else None,
        latency_ms=row.latency_ms,
        success_share=row.success_share,
        rate_now=row.rate_now,
    )


def _own(have: set[Channel]) -> list[Route]:
    """A route for each channel that is nobody's account, unless somebody made one."""
    return [
        Route(_own_account(channel, id_), registry.adapter(channel.value))
        for channel, id_ in OWN.items()
        if channel not in have and channel.value in registry.kinds()
    ]


def _own_account(channel: Channel, id_: int) -> Account:
    return Account(
        id=id_,
        slug=channel.value,
        kind=channel.value,
        channel=channel,
        app_id=None,
        endpoint="",
        credentials={},
        settings={},
    )


routes = Snapshot(_load, seconds=1)


def probe(candidates: Sequence[Route], area: str, now: datetime) -> Route | None:
    """Take the one probe of a broken or suspended account whose time has come, by a conditional
    update: of all who try, one gets it."""
    for route in serving(candidates, area):
        if route.wants_probe(now) and _take_probe(route, now):
            return route
    return None


def _take_probe(route: Route, now: datetime) -> bool:
    if route.held:
        return take_held_probe(route.account.id)
    due = ProviderAccount.objects.filter(
        pk=route.account.id, breaker=route.breaker, breaker_until__lte=now
    )
    return bool(due.update(breaker=HALF_OPEN, breaker_until=now + PROBE_LEASE))


def next_chance(candidates: Sequence[Route], now: datetime) -> datetime:
    """When a broken account may be probed next; at most half a minute away."""
    times = [r.breaker_until for r in candidates if r.breaker_until and not r.held]
    return min([*times, now + LOOK_AGAIN])


def next_day(now: datetime) -> datetime:
    """Returns the midnight (UTC) at which daily caps start over."""
    midnight = datetime.combine(now.astimezone(UTC).date(), time(), UTC) + timedelta(days=1)
    return midnight + AFTER_MIDNIGHT


def account_value(row: ProviderAccount) -> Account:
    """Raises Undecryptable when no key of the ring opens the credentials."""
    return Account(
        id=row.pk,
        slug=row.slug,
        kind=row.kind,
        channel=Channel(row.channel),
        app_id=row.app_id,
        endpoint=row.endpoint,
        credentials=open_credentials(row.slug, bytes(row.credentials)),
        settings=row.settings,
        ca_certificate=row.ca_certificate,
        weight=row.weight,
        rate_per_second=row.rate_per_second,
    )


def seal_credentials(slug: str, credentials: Mapping[str, str]) -> bytes:
    """Returns the credentials encrypted for the row of account `slug`: no other row opens them."""
    return encryption.ring().wrap(json.dumps(dict(credentials)).encode(), _aad(slug))


def open_credentials(slug: str, sealed: bytes) -> dict[str, str]:
    """Raises Undecryptable."""
    if not sealed:
        return {}
    opened: dict[str, str] = json.loads(encryption.ring().unwrap(sealed, _aad(slug)))
    return opened


def _aad(slug: str) -> bytes:
    return b"provider_account.credentials:" + slug.encode()
