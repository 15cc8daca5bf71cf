"""Which account a message would take now, and why: read only, no probe is taken and no rate."""

from datetime import datetime
from itertools import pairwise

from channels.accounts.choose import Choice, Route
from channels.base import Lane
from notifications.deliver.route import Picker, no_route
from notifications.dispatch.claim import Claimed
from notifications.explain.schemas import AccountView, Choosing
from notifications.explain.schemas import State as AccountState
from notifications.reasons import reason_text
from preferences.facts.types import TypeValue

POLICIES = {
    "reliable": "the most reliable of the available accounts",
    "fastest": "the fastest of the available accounts",
    "cheapest": "the cheapest of the available accounts",
    "fixed": "set by the notification type",
}
URGENT = "urgent: the most reliable of the available accounts, then the fastest"


def chosen(
    picker: Picker, row: Claimed, type_: TypeValue, area: str, now: datetime
) -> tuple[Route | None, Choosing]:
    """Returns the account that would send, or None, and why; nothing is taken of any rate."""
    choice, able, others = picker.considered(row, type_, area)
    shares = _shares(choice)
    views = [_view(route, shares, able=True) for route in able]
    views += [_view(route, shares, able=False) for route in others]
    if not choice.best:
        change = no_route(row, able, now, others=bool(others))
        return None, Choosing("", reason_text(change.reason), views)
    best = max(choice.best, key=lambda route: shares[route.account.id])
    return best, Choosing(best.account.slug, _why(choice, row, type_), views)


def _why(choice: Choice, row: Claimed, type_: TypeValue) -> str:
    if not choice.alternatives:
        return "the only account available now"
    why = URGENT if row.lane == Lane.URGENT else POLICIES.get(type_.routing, POLICIES["reliable"])
    equals = len(choice.best)
    return f"{why}; {equals} are equal, chosen by weight" if equals > 1 else why


def _shares(choice: Choice) -> dict[int, float]:
    """`weights` are cumulated."""
    total = choice.weights[-1] if choice.weights else 1.0
    parts = [after - before for before, after in pairwise((0.0, *choice.weights))]
    return {r.account.id: part / total for r, part in zip(choice.best, parts, strict=True)}


def _view(route: Route, shares: dict[int, float], *, able: bool) -> AccountView:
    share = round(shares.get(route.account.id, 0.0), 4)
    return AccountView(route.account.slug, _state(route, able=able), share)


def _state(route: Route, *, able: bool) -> AccountState:
    if not able:
        return "serves_elsewhere"
    if route.held:
        return "held"
    if route.broken:
        return "broken"
    if route.capped:
        return "over_daily_cap"
    return "in_use" if route.account.weight > 0 else "spare"
