"""What a request names of another service's is not there, whatever it is named in."""

from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from notifications.campaigns.models import Arm
from notifications.models import Notification
from notifyproj.core.models import Scope, Service
from preferences.models import Recipient
from tests.api.notifications.conftest import order
from tests.guards.clients import client_of

pytestmark = pytest.mark.django_db


def test_reports_do_not_tell_anothers_campaigns_apart(
    first: Service, other: APIClient, arm: Arm
) -> None:
    for query in (f"campaign={arm.run.campaign_id}", f"arm={arm.pk}"):
        assert other.get(f"/api/v1/reports?{query}").json()["rows"] == []
        assert client_of(first).get(f"/api/v1/reports?{query}").json()["rows"] != []
    for group in ("campaign", "arm"):
        rows = other.get(f"/api/v1/reports?group_by={group}").json()["rows"]
        assert [row["group"] for row in rows] == [{group: None}]
        own = client_of(first).get(f"/api/v1/reports?group_by={group}").json()["rows"]
        assert [row["created"] for row in own if row["group"] != {group: None}] == [3]
        csv = other.get(f"/api/v1/reports.csv?group_by={group}").content.decode()
        assert len(csv.splitlines()) == 2


def test_anothers_idempotency_key_is_free(other: APIClient, things: dict[str, list[Any]]) -> None:
    body = order(variables={"order_id": "B", "total": "1", "estimated_delivery": "now"})
    path = "/api/v1/notifications"
    answer = other.post(path, body, format="json", HTTP_IDEMPOTENCY_KEY="one")
    assert answer.status_code == 202
    assert "Idempotency-Replayed" not in answer
    assert answer.json()["id"] != things["notifications"][0]


@pytest.mark.parametrize("path", ["notifications", "notifications/batch", "notifications/explain"])
def test_anothers_file_is_not_sent(
    other: APIClient, things: dict[str, list[Any]], path: str
) -> None:
    def asked(id_: str) -> str:
        body = order(attachments=[id_])
        body = {"notifications": [body]} if path.endswith("batch") else body
        answer = other.post(f"/api/v1/{path}", body, format="json")
        return str(answer.content.decode()).replace(id_, "")

    theirs = asked(str(things["attachments"][0]))
    assert "attachment" in theirs
    assert theirs == asked(str(UUID(int=1)))
    assert Notification.objects.count() == 1


@pytest.mark.parametrize("rules", ["{}", '{"not": {}}', '{"all": [{}]}'])
@pytest.mark.parametrize("scope", [Scope.CAMPAIGNS, Scope.ADMIN])
def test_only_a_key_for_everything_asks_who_reacted_to_anothers_campaign(
    first: Service, other: APIClient, arm: Arm, rules: str, scope: str
) -> None:
    leaf = f'{{"activity": "opened", "campaign": {arm.run.campaign_id}}}'
    client = client_of(Service.objects.get(slug="second"), scope)
    body = f'{{"rules": {rules.replace("{}", leaf)}}}'
    answer = client.post("/api/v1/segments/preview", body, content_type="application/json")
    assert answer.status_code == (400 if scope == Scope.CAMPAIGNS else 200)
    assert ("Campaign not found" in answer.content.decode()) == (scope == Scope.CAMPAIGNS)


def test_no_campaign_goes_to_anothers_segment(
    other: APIClient, things: dict[str, list[Any]]
) -> None:
    body = {"name": "Mine", "type": "news", "segment": "secret-plan"}
    answer = other.post("/api/v1/campaigns", body, format="json")
    assert answer.status_code == 400
    assert "segment" in answer.json()["error"]["fields"]


@pytest.mark.parametrize("url", ["/api/v1/segments", "/api/v1/segments/preview"])
def test_no_rules_count_anothers_segment(
    other: APIClient, things: dict[str, list[Any]], url: str
) -> None:
    body: dict[str, Any] = {"rules": {"segment": "secret-plan"}}
    if not url.endswith("preview"):
        body |= {"slug": "mine", "name": "Mine"}
    answer = other.post(url, body, format="json")
    assert answer.status_code == 400
    assert answer.json()["error"]["fields"] == {"rules.segment": "Segment not found."}


def test_a_key_for_templates_reads_no_person(first: Service) -> None:
    Recipient.objects.create(external_id="maria", attributes={"plan": "gold"})
    api = client_of(first, Scope.TEMPLATES, Scope.READ)
    made = {"slug": "parcel", "name": "Parcel"}
    assert api.post("/api/v1/templates", made, format="json").status_code == 201
    parts = {"sms": {"default": {"body": "{{ person.plan }}"}}}
    asked = {"parts": parts, "user_id": "maria"}

    answer = api.post("/api/v1/templates/parcel/preview", asked, format="json")

    assert answer.status_code == 403
    assert "gold" not in answer.content.decode()
