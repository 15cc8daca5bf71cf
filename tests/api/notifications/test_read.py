"""What happened and why; lists by key, not by number."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from channels.base import OutcomeKind
from notifications.models import Attempt, Delivery, Notification
from notifications.statuses import State
from notifyproj.core.clock import now
from notifyproj.core.models import Service
from tests.api.notifications.conftest import PATH, Post, client_of
from tests.world import World


def listed(api: APIClient, **query: Any) -> dict[str, Any]:
    answer = api.get(PATH, query)
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def ids(body: dict[str, Any]) -> list[str]:
    return [row["id"] for row in body["notifications"]]


def test_the_newest_comes_first(post: Post, api: APIClient) -> None:
    sent = [post(metadata={"n": n}).json()["id"] for n in range(3)]

    assert sorted(ids(listed(api))) == sorted(sent)
    assert ids(listed(api)) == sorted(sent, reverse=True)


def test_pages_miss_and_repeat_nothing_while_new_ones_arrive(post: Post, api: APIClient) -> None:
    sent = {post().json()["id"] for _ in range(5)}
    seen: list[str] = []
    cursor = ""
    while True:
        page = listed(api, limit=2, **({"cursor": cursor} if cursor else {}))
        seen += ids(page)
        post()
        cursor = page["next_cursor"]
        if not cursor:
            break

    assert len(seen) == len(set(seen))
    assert set(seen) == sent


def test_a_page_says_when_it_is_the_last(post: Post, api: APIClient) -> None:
    post()
    post()

    assert listed(api, limit=2)["next_cursor"] == ""
    assert listed(api, limit=1)["next_cursor"] != ""


@pytest.fixture
def several(post: Post, shop: World) -> dict[str, str]:
    shop.person("user-9")
    later = (now() + timedelta(days=1)).isoformat()
    made = {
        "order": post(),
        "other": post(type="order", template_id="order", variables={"order_id": "1"}),
        "scheduled": post(scheduled_at=later),
        "user-9": post(user_id="user-9"),
    }
    found = {name: answer.json()["id"] for name, answer in made.items()}
    others = Delivery.objects.filter(notification_id=found["other"])
    others.update(state=State.SENT, due_at=None, settled_at=now())
    return found


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"type": "order"}, {"other"}),
        ({"type": "gossip"}, set()),
        ({"status": "scheduled"}, {"scheduled"}),
        ({"status": "processing"}, {"order", "user-9"}),
        ({"status": "completed"}, {"other"}),
        ({"status": "resolved"}, {"order", "other", "user-9"}),
        ({"status": "sending"}, {"order", "user-9"}),
        ({"status": "done"}, {"other"}),
        ({"user_id": "user-9"}, {"user-9"}),
        ({"user_id": "nobody"}, set()),
        ({"since": "2999-01-01T00:00:00Z"}, set()),
        ({"since": "1970-01-02T00:00:00Z"}, {"order", "other", "scheduled", "user-9"}),
        ({"until": "1971-01-01T00:00:00Z"}, set()),
        ({"until": "2999-12-31T23:59:59Z"}, {"order", "other", "scheduled", "user-9"}),
    ],
)
def test_a_list_may_be_filtered(
    api: APIClient, several: dict[str, str], query: dict[str, str], names: set[str]
) -> None:
    assert set(ids(listed(api, **query))) == {several[name] for name in names}


@pytest.mark.parametrize(
    "query",
    [
        {"since": "yesterday"},
        {"until": "2026-11-22T09:00:00"},
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "ten"},
        {"status": "lost"},
        {"cursor": "nonsense"},
        {"cursor": "é"},
    ],
    ids=str,
)
def test_a_wrong_filter_is_named(api: APIClient, query: dict[str, str]) -> None:
    answer = api.get(PATH, query)

    assert answer.status_code == 400
    assert set(answer.json()["error"]["fields"]) == set(query)


def detail(api: APIClient, id_: str) -> dict[str, Any]:
    body: dict[str, Any] = api.get(f"{PATH}/{id_}").json()
    return body


def test_the_detail_tells_every_try_and_the_reason(post: Post, api: APIClient, shop: World) -> None:
    id_ = post(channels=["push"]).json()["id"]
    delivery = Delivery.objects.get()
    for number, outcome in enumerate((OutcomeKind.RETRY, OutcomeKind.BAD_RECIPIENT), 1):
        Attempt.objects.create(
            delivery_id=delivery.pk,
            number=number,
            account_id=shop.account.pk,
            started_at=now(),
            duration_ms=12,
            outcome=outcome,
            code="Unregistered",
            reason="The device is gone",
            response_excerpt="for operators only",
        )
    Delivery.objects.update(
        state=State.FAILED, reason="Unregistered", due_at=None, settled_at=now(), attempts=2
    )

    found = detail(api, id_)

    assert found["status"] == listed(api)["notifications"][0]["status"] == "completed"
    assert found["by_status"] == {"failed": 1}
    told = found["deliveries"][0]
    assert (told["status"], told["reason"], told["reason_text"]) == (
        "failed",
        "Unregistered",
        "The device is gone",
    )
    assert [(a["number"], a["outcome"], a["account"]) for a in told["attempts"]] == [
        (1, "retry", "apns"),
        (2, "bad_recipient", "apns"),
    ]
    assert [entry["event"] for entry in told["timeline"]] == [
        "created",
        "attempt 1",
        "attempt 2",
        "failed",
    ]
    assert "operators" not in str(found)


def test_the_detail_hides_most_of_an_address(post: Post, api: APIClient) -> None:
    found = detail(api, post(channels=["push"]).json()["id"])

    assert found["deliveries"][0]["to"] == "…aaaa"
    assert "a" * 64 not in str(found)


def test_the_detail_says_who_was_unknown(post: Post, api: APIClient) -> None:
    found = detail(api, post(user_id=None, user_ids=["nobody"], channels=["push"]).json()["id"])

    told = found["deliveries"][0]
    assert (told["user_id"], told["status"], told["reason"]) == (
        "nobody",
        "skipped",
        "recipient_unknown",
    )
    assert told["reason_text"] == "No recipient has this ID"
    assert told["why"] == ["No recipient has this ID."]


def test_what_is_still_on_its_way_is_processing(post: Post, api: APIClient) -> None:
    found = detail(api, post().json()["id"])
    assert found["status"] == listed(api)["notifications"][0]["status"] == "processing"


def test_deliveries_of_a_large_audience_come_in_pages(
    post: Post, api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.history.notifications.MOST_DELIVERIES", 2)
    names = ["user-123", "a", "b"]
    id_ = post(user_id=None, user_ids=names, channels=["push"]).json()["id"]

    first = detail(api, id_)
    second = api.get(f"{PATH}/{id_}", {"after": first["next_cursor"]}).json()

    told = [row["user_id"] for page in (first, second) for row in page["deliveries"]]
    assert sorted(told) == sorted(names)
    assert second["next_cursor"] == ""


def test_another_services_notification_is_404(post: Post) -> None:
    id_ = post().json()["id"]
    other = client_of(Service.objects.create(slug="other", name="Other"))

    assert other.get(f"{PATH}/{id_}").status_code == 404
    assert other.post(f"{PATH}/{id_}/cancel").status_code == 404
    assert ids(listed(other)) == []
    assert Notification.objects.get().cancelled_at is None


def test_an_admin_key_sees_every_services(post: Post) -> None:
    id_ = post().json()["id"]
    admin = client_of(Service.objects.create(slug="other", name="Other"), "admin")

    assert detail(admin, id_)["id"] == id_
    assert ids(listed(admin)) == [id_]


def test_what_does_not_exist_is_404_in_the_same_shape(api: APIClient) -> None:
    for path in (f"{PATH}/{uuid4()}", f"{PATH}/not-an-id"):
        answer = api.get(path)
        assert answer.status_code == 404
        assert set(answer.json()["error"]) == {"code", "message", "fields"}


def test_cancelling_is_told_in_numbers(post: Post, api: APIClient) -> None:
    id_ = post().json()["id"]

    first, second = (api.post(f"{PATH}/{id_}/cancel") for _ in range(2))

    assert first.json() == {"id": id_, "status": "cancelled", "cancelled": 2}
    assert second.json()["cancelled"] == 0
    found = detail(api, id_)
    assert (found["status"], found["by_status"]) == ("cancelled", {"cancelled": 2})
