from typing import Any

import pytest
from rest_framework.test import APIClient

from preferences.consent.suppress_address import suppression_add
from preferences.models import ConsentEvent, Suppression
from tests.api.conftest import ClientWith

pytestmark = pytest.mark.django_db

URL = "/api/v1/suppressions"
MARIA = {"channel": "email", "address": "maria@example.com"}


def post(api: APIClient, path: str = "", **body: Any) -> Any:
    return api.post(f"{URL}{path}", {**MARIA, **body}, format="json")


def test_an_address_is_suppressed_once_and_the_first_reason_stays(api: APIClient) -> None:
    first = post(api, reason="By letter")
    again = post(api, address=" maria@EXAMPLE.com", reason="By phone")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["reason"] == "By letter"
    event = ConsentEvent.objects.get()
    assert (event.about, event.action, event.source) == ("address", "withdrawn", "api")
    assert event.evidence == {"service": "shop", "reason": "By letter"}


def test_no_answer_holds_an_address(api: APIClient) -> None:
    answers = [post(api, reason="x"), api.get(URL), post(api, "/look-up")]
    assert not any(b"maria" in answer.content for answer in answers)
    assert {len(row["address_hash"]) for row in answers[1].json()["suppressions"]} == {16}


def test_an_address_is_looked_up(api: APIClient) -> None:
    assert post(api, "/look-up").status_code == 404
    post(api, reason="By letter")
    assert post(api, "/look-up").json()["source"] == "api"


def test_one_is_removed_with_a_reason_that_is_kept(api: APIClient) -> None:
    post(api, reason="By letter")
    assert post(api, "/remove", reason="She asked").status_code == 204
    assert not Suppression.objects.exists()
    event = ConsentEvent.objects.latest("pk")
    assert event.action == "granted"
    assert event.evidence["reason"] == "She asked"
    assert event.evidence["was"] == ["By letter", "api"]


def test_removing_what_is_not_there_is_404(api: APIClient) -> None:
    assert post(api, "/remove", reason="x").status_code == 404
    assert not ConsentEvent.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"channel": "pigeon", "reason": "x"}, "channel"),
        ({"address": "nobody", "reason": "x"}, "address"),
    ],
)
def test_what_cannot_be_is_400_naming_its_field(
    api: APIClient, body: dict[str, Any], field: str
) -> None:
    response = post(api, **body)
    assert response.status_code == 400
    assert list(response.json()["error"]["fields"]) == [field]


def test_the_list_is_filtered_and_paged_the_newest_first(api: APIClient) -> None:
    for number in range(3):
        address = f"p{number}@example.com"
        suppression_add(channel="email", address=address, reason="bounced", source=str(number))
    suppression_add(channel="sms", address="+43664123456", reason="bounced", source="sms")
    suppression_add(channel="email", address="a@example.com", reason="asked", source="asked")
    query = f"{URL}?channel=email&reason=bounced&limit=2"
    first = api.get(query).json()
    rest = api.get(f"{query}&cursor={first['next_cursor']}").json()
    sources = [row["source"] for page in (first, rest) for row in page["suppressions"]]
    assert sources == ["2", "1", "0"]


def test_a_key_that_only_reads_changes_nothing(client_with: ClientWith) -> None:
    reader = client_with("read")
    assert reader.get(URL).status_code == 200
    assert {post(reader, path, reason="x").status_code for path in ("", "/remove")} == {403}
