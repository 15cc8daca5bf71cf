"""Which account: who may, who is best, who is drawn. Table tests over plain values."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest

from channels.accounts.areas import area_key, checked_areas, checked_costs
from channels.accounts.choose import (
    CHEAPEST,
    FASTEST,
    FIXED,
    RELIABLE,
    Route,
    RouteNeeds,
    choose,
    elsewhere,
)
from channels.accounts.routes import Routes
from channels.base import Account, Channel, Lane

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def route(id_: int, *, weight: int = 100, app_id: int | None = None, **how: Any) -> Route:
    account = Account(
        id=id_,
        slug=f"account-{id_}",
        kind="twilio",
        channel=Channel.SMS,
        app_id=app_id,
        endpoint="",
        credentials={},
        settings={},
        weight=weight,
    )
    adapter: Any = ModuleType("twilio")
    return Route(account, adapter, **how)


def best(routes: Sequence[Route], needs: RouteNeeds) -> set[int]:
    return {r.account.id for r in choose(routes, needs).best}


A, B = {"serves": frozenset({"AT"})}, {"serves": frozenset({"US", "CA"})}


@pytest.mark.parametrize(
    ("area", "accounts", "expected"),
    [
        ("AT", [A, B], {1}),
        ("US", [A, B], {2}),
        ("DE", [A, B], set()),
        ("", [A, B], {1, 2}),  # nobody knows where, nobody takes everything: all may
        ("", [A, {}], {2}),  # nobody knows where: the one that takes everything
        ("DE", [A, {}], {2}),
        ("AT", [A, {}], {1}),  # both may: the one that was set up for it
        ("AT", [{**A, "held": True}, {}], {2}),
        ("AT", [{**A, "success_share": 0.9}, {"success_share": 1.0}], {2}),
    ],
)
def test_an_account_sends_where_it_serves(
    area: str, accounts: list[dict[str, Any]], expected: set[int]
) -> None:
    routes = [route(n, **how) for n, how in enumerate(accounts, 1)]
    assert best(routes, RouteNeeds(area=area)) == expected


@pytest.mark.parametrize(
    "how",
    [
        {"held": True},
        {"breaker": "open"},
        {"breaker": "half_open"},
        {"breaker_forced": "open"},
        {"day_left": 0},
        {"day_left": -3},
    ],
)
def test_one_that_is_not_well_is_not_chosen(how: dict[str, Any]) -> None:
    assert best([route(1, **how), route(2)], RouteNeeds()) == {2}
    assert choose([route(1, **how)], RouteNeeds()).draw(random.Random(1)) is None


def test_a_breaker_that_is_closed_by_hand_does_not_count() -> None:
    assert best([route(1, breaker="open", breaker_forced="closed")], RouteNeeds()) == {1}


@pytest.mark.parametrize(
    ("policy", "accounts", "expected"),
    [
        (RELIABLE, [{"success_share": 0.99}, {"success_share": 0.975}], {1, 2}),
        (RELIABLE, [{"success_share": 0.99}, {"success_share": 0.95}], {1}),
        (RELIABLE, [{"success_share": 0.9}, {}], {2}),  # nothing known speaks against it
        (FASTEST, [{"latency_ms": 100.0}, {"latency_ms": 119.0}], {1, 2}),
        (FASTEST, [{"latency_ms": 100.0}, {"latency_ms": 130.0}], {1}),
        (FASTEST, [{"latency_ms": 100.0}, {}], {1, 2}),
        (FASTEST, [{}, {}], {1, 2}),
        (CHEAPEST, [{"costs": {"": 0.02}}, {"costs": {"": 0.03}}], {1}),
        (CHEAPEST, [{"costs": {"": 0.02}}, {"costs": {"": 0.03, "AT": 0.01}}], {2}),
        (CHEAPEST, [{"costs": {"": 0.02}}, {"costs": {"DE": 0.01}}], {1}),
        (CHEAPEST, [{"costs": {"": 0.02}}, {"costs": {"": 0.02}}], {1, 2}),
        (CHEAPEST, [{"costs": {"": 0.02}}, {}], {1}),  # what nobody knows is no bargain
        (CHEAPEST, [{}, {}], {1, 2}),
        ("unheard of", [{"success_share": 0.99}, {"success_share": 0.5}], {1}),
    ],
)
def test_the_policy_says_who_is_best(
    policy: str, accounts: list[dict[str, Any]], expected: set[int]
) -> None:
    routes = [route(n, **how) for n, how in enumerate(accounts, 1)]
    assert best(routes, RouteNeeds(policy=policy, area="AT")) == expected


def test_an_urgent_message_takes_the_healthiest_whatever_the_policy() -> None:
    cheap = route(1, costs={"": 0.01}, success_share=0.8, latency_ms=50.0)
    slow = route(2, costs={"": 0.02}, success_share=1.0, latency_ms=900.0)
    well = route(3, costs={"": 0.03}, success_share=0.99, latency_ms=80.0)
    assert best([cheap, slow, well], RouteNeeds(Lane.URGENT, CHEAPEST)) == {3}


def test_a_spare_is_used_when_nothing_else_is_well() -> None:
    spare = route(2, weight=0)
    assert best([route(1), spare], RouteNeeds()) == {1}
    assert best([route(1, held=True), spare], RouteNeeds()) == {2}


@pytest.mark.parametrize(
    ("lane", "weights", "expected"),
    [
        (Lane.URGENT, [100, 100], {2}),
        (Lane.URGENT, [100, 0], {2}),  # the spare, rather than what just failed
        (Lane.BULK, [100, 100], {2}),
        (Lane.BULK, [100, 0], {1}),
    ],
)
def test_another_account_than_the_last_is_taken_where_there_is_one(
    lane: Lane, weights: list[int], expected: set[int]
) -> None:
    routes = [route(n, weight=weight) for n, weight in enumerate(weights, 1)]
    assert best(routes, RouteNeeds(lane, avoid=1)) == expected
    assert best(routes[:1], RouteNeeds(lane, avoid=1)) == {1}


@pytest.mark.parametrize(("weights", "share"), [([300, 100], 0.75), ([0, 0], 0.5), ([1, 0], 1.0)])
def test_equals_are_drawn_by_weight(weights: list[int], share: float) -> None:
    routes = [route(n, weight=weight) for n, weight in enumerate(weights, 1)]
    choice, rng = choose(routes, RouteNeeds()), random.Random(7)
    drawn = Counter(r.account.id for _ in range(4_000) if (r := choice.draw(rng)))
    assert drawn[1] / 4_000 == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        (RouteNeeds(Lane.BULK), {2}),
        (RouteNeeds(Lane.URGENT), {2}),
        (RouteNeeds(Lane.BULK, FASTEST), {2}),
        (RouteNeeds(Lane.BULK, CHEAPEST), set()),  # it costs: rather wait
        (RouteNeeds(Lane.URGENT, CHEAPEST), {2}),
    ],
)
def test_what_the_best_has_no_room_for_goes_elsewhere(
    needs: RouteNeeds, expected: set[int]
) -> None:
    routes = [route(1, success_share=1.0), route(2, success_share=0.9), route(3, held=True)]
    assert {r.account.id for r in elsewhere(routes, needs, {1}).best} == expected


@pytest.mark.parametrize(("lane", "expected"), [(Lane.BULK, set()), (Lane.URGENT, {2})])
def test_only_what_is_urgent_goes_to_a_spare_for_want_of_room(
    lane: Lane, expected: set[int]
) -> None:
    found = elsewhere([route(1), route(2, weight=0)], RouteNeeds(lane), {1})
    assert {r.account.id for r in found.best} == expected


def test_what_could_take_the_next_try_is_counted_spares_too() -> None:
    routes = [route(1), route(2, weight=0), route(3, held=True)]
    assert choose(routes, RouteNeeds()).alternatives == 1


PLACE = {1: ("sms", None), 2: ("sms", None)}


@pytest.mark.parametrize(
    ("channel", "fixed", "expected"),
    [
        ("sms", 1, {1}),
        ("sms", None, {1, 2}),
        ("sms", 3, set()),  # switched off: nobody stands in for it
        ("email", 1, set()),
    ],
)
def test_a_fixed_account_is_the_only_candidate_on_its_channel(
    channel: str, fixed: int | None, expected: set[int]
) -> None:
    routes = Routes([route(1), route(2)], {**PLACE, 3: ("sms", None)})
    found = routes.candidates(channel, None, FIXED, fixed)
    assert {r.account.id for r in found} == expected


def test_a_type_fixed_to_an_account_of_another_channel_chooses_freely_here() -> None:
    routes = Routes([route(1), route(2)], {**PLACE, 9: ("email", None)})
    assert len(routes.candidates("sms", None, FIXED, 9)) == 2


@pytest.mark.parametrize(
    ("how", "wants"),
    [
        ({"breaker": "open", "breaker_until": NOW}, True),
        ({"breaker": "open", "breaker_until": NOW + timedelta(seconds=1)}, False),
        ({"breaker": "open", "breaker_until": NOW, "breaker_forced": "open"}, False),
        ({"held": True, "probe_at": NOW}, True),
        ({"held": True, "breaker": "open", "breaker_until": NOW}, False),
        ({"held": True, "probe_at": NOW, "held_by": "maria"}, False),
        ({"held": True, "probe_at": NOW, "day_left": 0}, False),
        ({}, False),
    ],
)
def test_a_probe_is_due(how: dict[str, Any], wants: bool) -> None:
    assert route(1, **how).wants_probe(NOW) is wants


@pytest.mark.parametrize(
    ("text", "key"), [(" at ", "AT"), ("Example.COM", "example.com"), ("", "")]
)
def test_areas_are_compared_in_one_form(text: str, key: str) -> None:
    assert area_key(text) == key


@pytest.mark.parametrize(
    ("channel", "areas"),
    [("sms", ["AUT"]), ("sms", ["example.com"]), ("email", ["AT"]), ("push", ["AT"])],
)
def test_an_area_fits_its_channel(channel: str, areas: list[str]) -> None:
    with pytest.raises(ValueError, match=r"country|domain"):
        checked_areas(channel, areas)


def test_areas_are_kept_once_in_their_one_form() -> None:
    assert checked_areas("sms", ["at", " AT", "", "us"]) == ["AT", "US"]
    assert checked_costs("sms", {"": 0.0075, "at": 1}) == {"": 0.0075, "AT": 1.0}


@pytest.mark.parametrize(
    "costs", [[], "1", {"": -1}, {"": True}, {"": "0.1"}, {"": None}, {"AT": 1, "at": 2}]
)
def test_costs_are_numbers_by_area(costs: object) -> None:
    with pytest.raises(ValueError, match=r"cost|twice"):
        checked_costs("sms", costs)
