"""`/inbox/api/`, as a person's browser calls it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from channels.inbox import selectors, services, tokens
from notifyproj.core import clock
from tests.channels.inbox.written import a_write

pytestmark = pytest.mark.django_db

ORIGIN = "http://localhost:8000"
ASKS = {"Access-Control-Request-Method": "GET"}


def client_of(
    recipient_id: int, lifetime: timedelta = tokens.LIFETIME, service_id: int | None = None
) -> Client:
    token = tokens.mint(
        recipient_id=recipient_id, now=clock.now(), lifetime=lifetime, service_id=service_id
    )
    return Client(headers={"Authorization": f"Bearer {token.value}", "Origin": ORIGIN})


def stored(recipient_id: int = 1, **content: Any) -> UUID:
    write = a_write(recipient_id, **content)
    services.store([write])
    return write.delivery_id


def test_a_person_reads_their_own_items_only() -> None:
    mine = stored(1)
    stored(2)
    items = client_of(1).get("/inbox/api/items").json()["items"]
    assert [item["id"] for item in items] == [str(mine)]


@pytest.mark.parametrize("action", ["read", "archive"])
def test_somebody_elses_item_cannot_be_touched(action: str) -> None:
    theirs = stored(2)
    response = client_of(1).post(f"/inbox/api/items/{theirs}/{action}")
    assert response.status_code == 404
    assert selectors.unread_count(2) == 1


def test_a_service_lists_and_counts_what_it_sent_and_what_is_nobodys() -> None:
    own, nobodys = stored(service_id=5), stored()
    stored(service_id=6)
    client = client_of(1, service_id=5)
    items = client.get("/inbox/api/items").json()["items"]
    assert {item["id"] for item in items} == {str(own), str(nobodys)}
    assert client.get("/inbox/api/unread_count").json() == {"unread": 2}


@pytest.mark.parametrize(
    "query", ["unread=true", "archived=true", "limit=1", "before=9999999999999999-"]
)
def test_no_filter_of_the_list_shows_what_another_service_sent(query: str) -> None:
    stored(service_id=6)
    query = f"{query}{UUID(int=0).hex}" if "before" in query else query
    assert client_of(1, service_id=5).get(f"/inbox/api/items?{query}").json()["items"] == []


@pytest.mark.parametrize("action", ["read", "archive"])
def test_what_another_service_sent_cannot_be_touched(action: str) -> None:
    theirs = stored(service_id=6)
    response = client_of(1, service_id=5).post(f"/inbox/api/items/{theirs}/{action}")
    assert response.status_code == 404
    assert selectors.unread_count(1) == 1


def test_reading_all_leaves_what_another_service_sent() -> None:
    stored(service_id=5)
    newest = str(stored(service_id=6))
    client = client_of(1, service_id=5)
    for body in ({"up_to": newest}, {}):
        client.post("/inbox/api/read_all", body, content_type="application/json")
    assert selectors.unread_count(1, 6) == 1
    assert selectors.unread_count(1, 5) == 0


def test_reading_up_to_what_another_service_sent_changes_nothing() -> None:
    stored(service_id=5)
    body = {"up_to": str(stored(service_id=6))}
    client = client_of(1, service_id=5)
    answer = client.post("/inbox/api/read_all", body, content_type="application/json")
    assert answer.json() == {"unread": 1}


def test_a_token_of_the_whole_inbox_shows_and_changes_all_of_it() -> None:
    theirs = stored(service_id=6)
    stored(service_id=5)
    client = client_of(1)
    assert len(client.get("/inbox/api/items").json()["items"]) == 2
    assert client.post(f"/inbox/api/items/{theirs}/read").json() == {"unread": 1}


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nonsense", "Basic abc", "Bearer a:b:c"])
def test_without_a_good_token_nothing_is_told(header: str) -> None:
    response = Client(headers={"Authorization": header}).get("/inbox/api/items")
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "invalid_token"


def test_an_expired_token_says_so() -> None:
    response = client_of(1, timedelta(seconds=-1)).get("/inbox/api/items")
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "token_expired"


def test_a_page_leads_to_the_next_until_the_last() -> None:
    for _ in range(3):
        stored()
    client = client_of(1)
    first = client.get("/inbox/api/items?limit=2").json()
    second = client.get("/inbox/api/items", {"limit": 2, "before": first["next_cursor"]}).json()
    assert (len(first["items"]), len(second["items"])) == (2, 1)
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"before": "1-x"}]
)
def test_a_wrong_query_names_its_field(query: dict[str, str]) -> None:
    response = client_of(1).get("/inbox/api/items", query)
    assert response.status_code == 400
    assert list(response.json()["error"]["fields"]) == list(query)


def test_reading_an_item_lowers_the_count() -> None:
    item, _ = stored(), stored()
    client = client_of(1)
    assert client.post(f"/inbox/api/items/{item}/read").json() == {"unread": 1}
    assert client.get("/inbox/api/unread_count").json() == {"unread": 1}
    unread = client.get("/inbox/api/items?unread=true").json()["items"]
    assert str(item) not in [other["id"] for other in unread]


def test_all_can_be_read_at_once() -> None:
    stored()
    newest = str(stored())
    client = client_of(1)
    body = {"up_to": newest}
    response = client.post("/inbox/api/read_all", body, content_type="application/json")
    assert response.json() == {"unread": 0}


def test_archiving_takes_an_item_off_the_list() -> None:
    item = stored()
    client = client_of(1)
    assert client.post(f"/inbox/api/items/{item}/archive").json() == {"unread": 0}
    assert client.get("/inbox/api/items").json()["items"] == []


def test_a_browser_may_ask_before_it_calls_from_a_known_origin() -> None:
    response = Client(headers={**ASKS, "Origin": ORIGIN}).options("/inbox/api/items")
    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == ORIGIN
    assert "Authorization" in response["Access-Control-Allow-Headers"]


def test_a_page_of_an_unknown_origin_is_not_let_in() -> None:
    evil = {**ASKS, "Origin": "https://evil.example"}
    response = Client(headers=evil).options("/inbox/api/items")
    assert "Access-Control-Allow-Origin" not in response


def test_a_refusal_can_be_read_by_the_page_that_asked() -> None:
    response = Client(headers={"Origin": ORIGIN}).get("/inbox/api/items")
    assert response.status_code == 401
    assert response["Access-Control-Allow-Origin"] == ORIGIN


def test_other_paths_are_open_to_no_page() -> None:
    response = Client(headers={"Origin": ORIGIN}).get("/api/v1/notifications")
    assert "Access-Control-Allow-Origin" not in response
