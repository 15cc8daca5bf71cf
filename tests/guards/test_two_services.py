"""What a key of one service sees and changes of another's: nothing that belongs to it."""

import re
from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from channels.inbox.models import InboxItem
from notifications.models import Delivery, Notification
from notifyproj.core.models import Service
from tests.guards.clients import client_of, inbox_of
from tests.guards.service_routes import OWN, SHARED
from tests.guards.test_routes import METHODS, routes

pytestmark = pytest.mark.django_db

NONE_OF_ANYBODY = {
    "<int": "999999",
    "<slug": "nobodys",
    "<uuid": str(UUID(int=1)),
    "<str": "nobody",
}
PARAMETER = re.compile(r"<[^>]*>")
# What a route needs to come as far as looking for the thing.
BODIES: dict[str, dict[str, Any]] = {
    "status-endpoints/*/replay": {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"},
    "campaigns/*/rate": {"per_minute": 5},
}


def places() -> dict[str, tuple[str, Any]]:
    """Every route of the API: as the table calls it, its pattern, and its view."""
    found = {}
    for path, view in routes():
        if path.startswith(("api/v1/", "inbox/api/")):
            found[PARAMETER.sub("*", path.removeprefix("api/v1/"))] = (path, view.cls)  # type: ignore[attr-defined]
    return found


def test_every_route_of_the_api_is_own_or_shared_on_purpose() -> None:
    assert set(places()) == {*OWN, *SHARED}
    assert not set(OWN) & set(SHARED)


def url_of(path: str, values: list[Any]) -> str:
    left = iter(values)
    name = "<str:external_id>"  # of a person, whom everybody knows
    return "/" + PARAMETER.sub(lambda m: "user-123" if m[0] == name else str(next(left)), path)


def unknown_of(path: str) -> str:
    return "/" + PARAMETER.sub(lambda m: NONE_OF_ANYBODY[m[0].partition(":")[0]], path)


# A segment may have this name; these routes take POST besides.
NO_LISTS = {"segments/preview", "segments/look"}


def call(client: APIClient, method: str, place: str, url: str) -> Any:
    if place.endswith("uploads") and method == "post":
        return client.post(url, b"external_id\nuser-123\n", content_type="text/csv")
    return getattr(client, method)(url, BODIES.get(place, {}), format="json")


@pytest.mark.parametrize("place", [place for place in OWN if "*" in place])
def test_anothers_is_as_if_it_were_not_there(
    other: APIClient, things: dict[str, list[Any]], place: str
) -> None:
    path, view = places()[place]
    client = inbox_of(other) if place.startswith("inbox/") else other
    for method in (m for m in METHODS if hasattr(view, m)):
        answer = call(client, method, place, url_of(path, things[place.split("/")[0]]))
        nothing = call(client, method, place, unknown_of(path))
        assert (answer.status_code, answer.content) == (nothing.status_code, nothing.content)
        assert answer.status_code == 404, method


def test_the_owner_finds_each_of_them(first: Service, things: dict[str, list[Any]]) -> None:
    """Else the test before would find nothing whatever became of the guard."""
    owner = client_of(first)
    for place in things:
        if f"{place}/*" in OWN:
            path, _ = places()[f"{place}/*"]
            assert owner.get(url_of(path, things[place])).status_code == 200, place
    titles = [item["title"] for item in inbox_of(owner).get("/inbox/api/items").json()["items"]]
    assert titles == ["Secret"]


@pytest.mark.parametrize(
    "query",
    ["", "?user_id=user-123", "?type=order_confirmed", "?limit=100", "?unread=true", "?archived=1"],
)
def test_no_list_holds_anothers(other: APIClient, things: dict[str, list[Any]], query: str) -> None:
    for place in (place for place in OWN if "*" not in place):
        path, view = places()[place]
        if hasattr(view, "get"):
            client = inbox_of(other) if place.startswith("inbox/") else other
            answer = client.get(f"/{path}{query}")
            said = answer.content.decode()
            assert answer.status_code == (404 if place in NO_LISTS else 200)
            assert not any(str(id_) in said for id_ in things[place.split("/")[0]] if id_ != 1)
            assert "ecret" not in said, place
            assert answer.json().get("unread", 0) == 0


def test_reading_all_of_an_inbox_leaves_anothers_unread(
    other: APIClient, things: dict[str, list[Any]]
) -> None:
    for body in ({}, {"up_to": str(things["inbox"][0])}):
        inbox_of(other).post("/inbox/api/read_all", body, format="json")
    assert InboxItem.objects.get().read_at is None


def test_nothing_of_anothers_is_cancelled(other: APIClient, things: dict[str, list[Any]]) -> None:
    before = list(Delivery.objects.values_list("state", flat=True))
    other.post(f"/api/v1/notifications/{things['notifications'][0]}/cancel")
    assert list(Delivery.objects.values_list("state", flat=True)) == before
    assert Notification.objects.get().cancelled_at is None
