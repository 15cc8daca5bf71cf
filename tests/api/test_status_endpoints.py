"""Status endpoints over HTTP: made, changed, tried, replayed, by the service they belong to."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from notifications.status_events.models import StatusAttempt, StatusEndpoint, StatusEvent
from notifyproj.core.api.keys import api_key_create, service_create
from notifyproj.core.clock import now
from notifyproj.core.models import Service
from preferences.facts.types import catalogue
from preferences.models import NotificationType
from tests.api.conftest import ClientWith

PATH = "/api/v1/status-endpoints"
URL = "https://shop.example.com/hooks/notify"


@pytest.fixture
def client(client_with: ClientWith) -> APIClient:
    return client_with("endpoints", "read")


@pytest.fixture
def stranger(service: Service) -> APIClient:
    _, secret = api_key_create(service=service_create(slug="other"), scopes=["admin"])
    made = APIClient()
    made.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return made


@pytest.fixture
def one(client: APIClient) -> dict[str, Any]:
    return create(client).json()  # type: ignore[no-any-return]


def create(client: APIClient, **fields: Any) -> Any:
    return client.post(PATH, {"url": URL, **fields}, format="json")


def path(one: dict[str, Any], act: str = "") -> str:
    return f"{PATH}/{one['id']}{act}"


def test_the_secret_is_shown_when_it_is_made_and_never_again(client: APIClient) -> None:
    made = create(client, events=["delivery.failed"], description="Shop")
    assert made.status_code == 201
    secret = made.json()["secret"]
    assert secret.startswith("whsec_")
    assert secret not in client.get(path(made.json())).content.decode()
    assert secret not in client.get(PATH).content.decode()
    assert secret.encode() not in bytes(StatusEndpoint.objects.get().secrets)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"url": "http://shop.example.com/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "https://metadata/"}, "url"),
        ({"url": "https://user:password@shop.example.com/"}, "url"),
        ({"events": ["delivery.lost"]}, "events[0]"),
        ({"types": ["no-such-type"]}, "types"),
        ({"owner_email": "nobody"}, "owner_email"),
        ({"secret": "whsec_mine"}, "secret"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    client: APIClient, fields: dict[str, Any], name: str
) -> None:
    response = create(client, **fields)
    assert response.status_code == 400
    assert list(response.json()["error"]["fields"]) == [name]
    assert not StatusEndpoint.objects.exists()


def test_a_change_leaves_the_rest_as_it_was(client: APIClient) -> None:
    NotificationType.objects.create(slug="order", name="Order", channels=["push"])
    catalogue.forget()
    one = create(client, types=["order"], events=["delivery.sent"]).json()
    changed = client.patch(path(one), {"events": []}, format="json").json()
    assert (changed["events"], changed["types"], changed["url"]) == ([], ["order"], URL)


def test_an_endpoint_whose_type_was_removed_can_be_disabled(client: APIClient) -> None:
    one = create(client).json()
    StatusEndpoint.objects.update(types=["removed"], url="http://127.0.0.1:9/")
    assert client.patch(path(one), {"enabled": False}, format="json").status_code == 200
    refused = client.patch(path(one), {"types": ["removed-too"]}, format="json")
    assert refused.status_code == 400


def test_a_deleted_endpoint_is_gone(client: APIClient, one: dict[str, Any]) -> None:
    assert client.delete(path(one)).status_code == 204
    assert client.get(path(one)).status_code == 404


@pytest.mark.parametrize(
    ("method", "act"),
    [
        ("get", ""),
        ("patch", ""),
        ("delete", ""),
        ("post", "/rotate-secret"),
        ("post", "/resume"),
        ("post", "/test"),
        ("post", "/replay"),
        ("get", "/events"),
    ],
)
def test_another_services_endpoint_does_not_exist(
    one: dict[str, Any], stranger: APIClient, method: str, act: str
) -> None:
    assert getattr(stranger, method)(path(one, act), {}, format="json").status_code == 404


def test_a_key_that_sends_may_not_redirect_what_is_told(client_with: ClientWith) -> None:
    assert create(client_with("send", "read", "recipients")).status_code == 403


def test_a_rotation_answers_a_new_secret(client: APIClient, one: dict[str, Any]) -> None:
    rotated = client.post(path(one, "/rotate-secret")).json()
    assert rotated["secret"] != one["secret"]
    assert client.get(path(one)).json()["old_secret_until"] == rotated["old_valid_until"]


def test_a_test_event_is_in_the_log(client: APIClient, one: dict[str, Any]) -> None:
    sent = client.post(path(one, "/test"))
    assert sent.status_code == 202
    StatusAttempt.objects.create(
        event_id=sent.json()["id"], number=1, started_at=now(), duration_ms=7, status=500
    )
    [event] = client.get(path(one, "/events")).json()["events"]
    assert (event["id"], event["status"]) == (sent.json()["id"], "waiting")
    assert [(t["number"], t["status"]) for t in event["tries"]] == [(1, 500)]


def test_the_log_goes_on_where_the_page_before_ended(
    client: APIClient, one: dict[str, Any]
) -> None:
    sent = [client.post(path(one, "/test")).json()["id"] for _ in range(3)]
    first = client.get(path(one, "/events?limit=2")).json()
    second = client.get(path(one, f"/events?limit=2&cursor={first['next_cursor']}")).json()
    seen = [event["id"] for page in (first, second) for event in page["events"]]
    assert sorted(seen) == sorted(sent)
    assert second["next_cursor"] == ""


def test_a_suspended_endpoint_is_resumed(client: APIClient, one: dict[str, Any]) -> None:
    StatusEndpoint.objects.update(suspended_at=now(), reason="Nothing was taken")
    assert client.get(path(one)).json()["status"] == "suspended"
    assert client.post(path(one, "/test")).status_code == 409
    assert client.post(path(one, "/resume")).json()["status"] == "active"


def test_a_replay_takes_only_the_names_it_is_given(client: APIClient, one: dict[str, Any]) -> None:
    client.post(path(one, "/test"))
    StatusEvent.objects.update(due_at=None, state=StatusEvent.State.SENT)
    hour = {"from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"}
    some = client.post(path(one, "/replay"), hour | {"events": ["delivery.sent"]}, format="json")
    assert some.json() == {"events": 0, "next_from": None}
    assert client.post(path(one, "/replay"), hour, format="json").json()["events"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"},
        {"from": "2026-01-01T00:00:00", "to": "2026-01-02T00:00:00Z"},
        {"from": "0001-01-01T00:00:00+14:00", "to": "9999-12-31T23:59:59-14:00", "events": ["x"]},
        {},
    ],
)
def test_a_replay_of_no_time_at_all_is_refused(
    client: APIClient, one: dict[str, Any], body: dict[str, Any]
) -> None:
    assert client.post(path(one, "/replay"), body, format="json").status_code == 400


def test_a_replay_of_all_time_is_no_error(client: APIClient, one: dict[str, Any]) -> None:
    ever = {"from": "0001-01-01T00:00:00+14:00", "to": "9999-12-31T23:59:59-14:00"}
    assert client.post(path(one, "/replay"), ever, format="json").status_code == 202
