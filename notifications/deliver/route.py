"""The account of each delivery of a batch, and what becomes of those that find none now."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from channels.accounts.choose import Choice, Route, RouteNeeds, choose, elsewhere, serving
from channels.accounts.rate_limit import wait as wait_for_leave
from channels.accounts.routes import LOOK_AGAIN, next_chance, next_day, probe, routes
from channels.base import Lane
from notifications.dispatch.claim import Claimed
from notifications.holders import by_account
from notifications.record.outcomes import FOREVER, Change, kept
from notifications.statuses import State
from preferences.facts.types import TypeValue

BACK_AFTER = timedelta(seconds=1)
OVERDUE = timedelta(minutes=1)
BACK_UNDER_CAP = timedelta(seconds=5)
# A cap may be raised, or another account made: so not all the way to midnight at once.
CAP_AGAIN = timedelta(minutes=30)

_rng = random.Random()  # noqa: S311 - weights and spread


class Picker:
    """Thinks once about rows that needs the same; asks once for a probe of each account."""

    def __init__(self) -> None:
        self._routes = routes.get()
        self._choices: dict[tuple[object, ...], Choice] = {}
        self._probed: set[int] = set()

    def pick(
        self, row: Claimed, type_: TypeValue, area: str, now: datetime
    ) -> tuple[Route, bool] | Change:
        """The account for this attempt, and whether another could take the next one."""
        needs = self._needs(row, type_, area)
        key = (row.channel, row.app_id, type_.fixed_account, needs)
        if (choice := self._choices.get(key)) is None:
            choice = self._choices[key] = choose(self._candidates(row, type_), needs)
            if choice.best and (route := self._spared(row, type_, area, now)) is not None:
                return route, True
        if (route := choice.draw(_rng)) is not None:
            return route, choice.alternatives > 0
        return self._without(row, type_, needs.area, now)

    def elsewhere(
        self, row: Claimed, type_: TypeValue, area: str, full: frozenset[int]
    ) -> Route | None:
        """Another account, for a row whose own has no room now."""
        needs = self._needs(row, type_, area)
        key = (row.channel, row.app_id, type_.fixed_account, needs, full)
        if (choice := self._choices.get(key)) is None:
            choice = self._choices[key] = elsewhere(self._candidates(row, type_), needs, full)
        return choice.draw(_rng)

    def considered(
        self, row: Claimed, type_: TypeValue, area: str
    ) -> tuple[Choice, list[Route], list[Route]]:
        """For explaining: the best by what is known of them, all that may send it, and those of
        the app that may not. Takes nothing."""
        needs, candidates = self._needs(row, type_, area), self._candidates(row, type_)
        able = serving(candidates, needs.area)
        others = [r for r in self._routes.serving(row.channel, row.app_id) if r not in able]
        return choose(candidates, needs), able, others

    def _needs(self, row: Claimed, type_: TypeValue, area: str) -> RouteNeeds:
        known = self._routes.by_area(row.channel, row.app_id)
        return RouteNeeds(row.lane, type_.routing, area if known else "", _avoid(row))

    def _candidates(self, row: Claimed, type_: TypeValue) -> list[Route]:
        return self._routes.candidates(row.channel, row.app_id, type_.routing, type_.fixed_account)

    def _spared(self, row: Claimed, type_: TypeValue, area: str, now: datetime) -> Route | None:
        """A probe while others are well; not of a message that failed before, or the last one
        left would try the same broken account again and again."""
        return None if row.attempts else self._probe(row, type_, area, now)

    def _probe(
        self, row: Claimed, type_: TypeValue, area: str, now: datetime, *, alone: bool = False
    ) -> Route | None:
        """An account that is not well and due to be tried, else it would stay out for good. While
        others are well that is for messages that can wait; or for any, when none of those came."""
        due = now - OVERDUE if row.lane == Lane.URGENT and not alone else now
        able = serving(self._candidates(row, type_), area)
        unasked = [r for r in able if r.account.id not in self._probed and r.wants_probe(due)]
        self._probed |= {r.account.id for r in unasked}
        return probe(unasked, area, now)

    def _without(
        self, row: Claimed, type_: TypeValue, area: str, now: datetime
    ) -> tuple[Route, bool] | Change:
        """None is well: as a probe of one that is not, or later. If that fails, another may be
        well by then: the floor of a failing account (Apple's quarter of an hour) is not theirs."""
        able = serving(self._candidates(row, type_), area)
        if (route := self._probe(row, type_, area, now, alone=True)) is not None:
            return route, len(able) > 1
        all_of_app = self._routes.serving(row.channel, row.app_id)
        return no_route(row, able, now, others=len(all_of_app) > len(able))


def _avoid(row: Claimed) -> int | None:
    """Another account than the last, for what is urgent; the rest only leaves one that asked to
    slow down, else it follows its delays, and goes elsewhere when the breaker opens."""
    leaves = row.lane == Lane.URGENT or row.reason == "throttled"
    return row.account_id if leaves else None


def no_route(row: Claimed, candidates: Sequence[Route], now: datetime, *, others: bool) -> Change:
    """`others`: the app has accounts besides, which may not send this one."""
    if not candidates:
        return Change(row, State.FAILED, "no_account")
    in_use = [route for route in candidates if not route.held]
    if not in_use:
        return _held(row, candidates[0].account.id, now, others=others)
    if all(route.capped for route in in_use):
        again = now + CAP_AGAIN - _spread(CAP_AGAIN)
        return _wait(row, "daily_cap", min(again, next_day(now) + _spread(LOOK_AGAIN)))
    due_at = max(next_chance(in_use, now), now + BACK_AFTER)
    return _wait(row, "provider_down", due_at)


def rate_limited(row: Claimed, route: Route, behind: int, now: datetime) -> Change:
    """Back when those before it may have gone: all of them each second would only churn."""
    seconds = wait_for_leave(route.account, behind, route.rate_now)
    return _wait(row, "rate_limited", now + timedelta(seconds=seconds))


def cap_reached(row: Claimed, now: datetime) -> Change:
    """What was granted lately uses the day up; back when the books tell for sure."""
    return _wait(row, "daily_cap", now + BACK_UNDER_CAP)


def _held(row: Claimed, account_id: int, now: datetime, *, others: bool) -> Change:
    """Until the account is in use again. Rows others of the app may not take look again by
    themselves: the release of held ones would send them in circles."""
    if others:
        return _wait(row, "account_held", now + LOOK_AGAIN + _spread(LOOK_AGAIN))
    reason, holder = kept(row, "account_held"), by_account(account_id)
    return Change(row, State.WAITING, reason, due_at=FOREVER, held_by=holder)


def _wait(row: Claimed, reason: str, due_at: datetime) -> Change:
    return Change(row, State.WAITING, kept(row, reason), due_at=min(due_at, row.expires_at))


def _spread(most: timedelta) -> timedelta:
    return most * _rng.random() * 0.5
