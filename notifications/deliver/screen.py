"""Which claimed deliveries may go now, and through which account: consent, breaker, rate, cap."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from channels.accounts.choose import Route
from channels.accounts.daily_cap import under_cap
from channels.accounts.rate_limit import lease
from channels.base import Channel
from notifications.deliver.route import Picker, cap_reached, rate_limited
from notifications.dispatch.claim import Claimed, Loaded
from notifications.record.fallback import FIRST, HASTENED, NEXT
from notifications.record.outcomes import Change, kept, on_hold
from notifications.resolve.resolve import counted
from notifications.statuses import State
from preferences.decision.decide import decide
from preferences.decision.values import NO_LIMITS, Defer, Fold, Limits, Send, Skip, Target
from preferences.facts.cap_counter import Message
from preferences.facts.facts import Person, Point
from preferences.facts.types import TypeValue, caps_of, type_of

# Waiting for a count, or behind a row that may be.
COUNTED_AGAIN = frozenset({"over_cap", "caps_unknown", FIRST, NEXT, HASTENED})
NO_LIMITS_KNOWN: Mapping[str, Limits] = {}


class Chosen(NamedTuple):
    row: Claimed
    route: Route
    has_alternative: bool  # another healthy account could take the next attempt


Refused = tuple[Chosen, Change]  # what waits for its account, unless another has room


def routable(
    rows: Sequence[Claimed], loaded: Loaded, now: datetime, put: Callable[[Change], None]
) -> list[Chosen]:
    """The rows that may be sent now, each with its account; the others are `put`."""
    picker = Picker()
    chosen: list[Chosen] = []
    again = [row for row in rows if row.reason in COUNTED_AGAIN]
    limits = _count_again(again, loaded.people, now) if again else NO_LIMITS_KNOWN
    for row in rows:
        found = _screen(row, loaded, picker, limits.get(row.id, NO_LIMITS), now)
        if isinstance(found, Change):
            put(found)
        else:
            chosen.append(found)
    allowed, refused = _granted(chosen, now)
    return allowed + _elsewhere(refused, loaded, picker, now, put) if refused else allowed


def _count_again(
    rows: Sequence[Claimed], people: Mapping[int, Person], now: datetime
) -> Mapping[str, Limits]:
    """By delivery id, what holds now for those of a batch that waited for a cap, or stand in for
    what may have: one call for all."""
    messages: dict[str, Message] = {}
    wanted: dict[str, dict[int, datetime]] = {}
    for row in rows:
        if row.recipient_id in people and (message := _message(row)) is not None:
            messages[row.notification_id] = message
            wanted.setdefault(row.notification_id, {})[row.recipient_id] = now
    if not wanted:
        return NO_LIMITS_KNOWN
    found = counted(((messages[id_], times) for id_, times in wanted.items()), people)
    return {
        row.id: result.limits
        for row in rows
        if (result := found.get(row.notification_id, {}).get(row.recipient_id)) is not None
    }


def _message(row: Claimed) -> Message | None:
    """What has a row of its own is not folded any more: it waits instead."""
    type_ = type_of(row.type_id)
    if type_ is None or not (caps := caps_of(type_)):
        return None
    then = "defer" if type_.over_cap == "digest" else type_.over_cap
    return Message(row.notification_id, type_.id, caps, then)


def _elsewhere(
    refused: Sequence[Refused],
    loaded: Loaded,
    picker: Picker,
    now: datetime,
    put: Callable[[Change], None],
) -> list[Chosen]:
    """Those another account has room for; the others wait for theirs."""
    full = frozenset(item.route.account.id for item, _ in refused)
    moved: list[Chosen] = []
    for item, wait in refused:
        type_, area = type_of(item.row.type_id), _area(item.row, loaded)
        route = picker.elsewhere(item.row, type_, area, full) if type_ else None
        if route is None:
            put(wait)
        else:
            moved.append(Chosen(item.row, route, True))
    allowed, still = _granted(moved, now)
    for _, wait in still:
        put(wait)
    return allowed


def _area(row: Claimed, loaded: Loaded) -> str:
    point = loaded.points.get(row.contact_point_id or 0)
    return point.area if point else ""


def _screen(
    row: Claimed, loaded: Loaded, picker: Picker, limits: Limits, now: datetime
) -> Chosen | Change:
    """Ask again: consent, suppression, hours and the contact point may have changed since."""
    parent, person = loaded.parents.get(row.notification_id), loaded.people.get(row.recipient_id)
    if parent is None or parent.cancelled:
        return Change(row, State.CANCELLED, "cancelled")
    if parent.paused:
        return on_hold(row)
    if person is None:
        return Change(row, State.SKIPPED, "recipient_unknown")
    if (type_ := type_of(row.type_id)) is None:
        return Change(row, State.FAILED, "type_removed")
    point = loaded.points.get(row.contact_point_id or 0)
    if (
        verdict := _decide(row, type_=type_, person=person, point=point, limits=limits, now=now)
    ) is not None:
        return verdict
    found = picker.pick(row, type_, _area(row, loaded), now)
    return found if isinstance(found, Change) else Chosen(row, *found)


def _decide(
    row: Claimed,
    *,
    type_: TypeValue,
    person: Person,
    point: Point | None,
    limits: Limits,
    now: datetime,
) -> Change | None:
    target = _target(row, point)
    match decide(
        now,
        rules=type_.rules,
        person=person.rules,
        target=target,
        expires_at=row.expires_at,
        limits=limits,
    ):
        case Send():
            return None
        case Defer(until, reason):
            due_at = min(until, row.expires_at)
            return Change(row, State.WAITING, kept(row, reason), due_at=due_at)
        case Skip("expired"):
            return Change(row, State.EXPIRED, "expired")
        case Skip(reason) | Fold(reason):
            return Change(row, State.SKIPPED, reason)


def _target(row: Claimed, point: Point | None) -> Target:
    if row.channel == Channel.INBOX:
        return Target(row.channel)
    if point is None:
        return Target(row.channel, reachable=False)
    here = point.active and point.recipient_id == row.recipient_id
    return Target(row.channel, here, point.suppressed, point.area)


class Grant:
    """What an account may send of this batch: the first of its rows have it."""

    def __init__(self, by_rate: int, by_cap: int) -> None:
        self._by_rate, self._by_cap = by_rate, by_cap
        self._asked = 0

    def take(self, item: Chosen, now: datetime) -> Change | None:
        """None: it may go."""
        self._asked += 1
        if self._asked > self._by_rate:
            return rate_limited(item.row, item.route, self._asked - self._by_rate, now)
        return cap_reached(item.row, now) if self._asked > self._by_cap else None


def _granted(chosen: Sequence[Chosen], now: datetime) -> tuple[list[Chosen], list[Refused]]:
    allowed: list[Chosen] = []
    refused: list[Refused] = []
    grants = _grants(chosen)
    for item in chosen:
        if (wait := grants[item.route.account.id].take(item, now)) is None:
            allowed.append(item)
        else:
            refused.append((item, wait))
    return allowed, refused


def _grants(chosen: Sequence[Chosen]) -> dict[int, Grant]:
    """How many sends each account's rate and day allow: a script call an account, if any."""
    wanted = Counter(route.account.id for _, route, _ in chosen)
    by_id = {route.account.id: (row, route) for row, route, _ in chosen}
    granted = {}
    for account_id, n in wanted.items():
        row, route = by_id[account_id]
        by_rate = lease(route.account, n, row.lane, route.rate_now)
        by_cap = n if route.day_left is None else under_cap(route, min(n, by_rate))
        granted[account_id] = Grant(by_rate, by_cap)
    return granted
