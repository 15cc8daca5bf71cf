"""What a key of one service sees and changes of another's: nothing that belongs to it."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from notifications.attachments.store import attachment_add
from notifications.campaigns.models import Campaign
from notifications.segments.models import Segment
from notifications.status_events import services as status_services
from notifications.status_events.services import Wish
from notifyproj.core import authentication, throttling
from notifyproj.core.clock import now
from notifyproj.core.models import Scope, Service
from notifyproj.core.services import api_key_create, service_create
from preferences.models import NotificationType, Recipient
from tests.guards.test_routes import METHODS, routes

pytestmark = pytest.mark.django_db

EVERYTHING = [scope for scope in Scope.values if scope != Scope.ADMIN]
# Shared on purpose: docs/operations.md says so, with the scope that opens them.
PRO = {"attribute": "plan", "is": "pro"}
SHARED = (
    *("apps", "reports.csv"),
    *("recipients", "preferences", "inbox", "templates", "reports", "consent", "suppressions"),
)
OWN = ("notifications", "attachments", "status-endpoints", "segments", "campaigns", "deliveries")


def client_of(service: Service, *scopes: str) -> APIClient:
    client = APIClient()
    _, secret = api_key_create(service=service, scopes=scopes or EVERYTHING)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


@pytest.fixture
def first(db: None) -> Service:
    throttling.reset()
    authentication.forget()
    return service_create(slug="first")


@pytest.fixture
def other(first: Service) -> APIClient:
    return client_of(service_create(slug="second"))


@pytest.fixture
def things(first: Service) -> dict[str, Any]:
    """The first service's, by the beginning of the routes that lead there."""
    type_ = NotificationType.objects.create(slug="news", name="News", channels=["push"])
    segment = Segment.objects.create(
        slug="secret-plan", name="Secret plan", rules=PRO, service=first
    )
    campaign = Campaign.objects.create(name="Secret sale", service=first, type=type_)
    wish = Wish(url="https://hooks.example.com/secret")
    endpoint, _ = status_services.endpoint_create(service_id=first.pk, wish=wish)
    file = attachment_add(
        service_id=first.pk,
        name="secret.pdf",
        content_type="application/pdf",
        content=b"%PDF",
        now=now(),
    )
    return {
        "api/v1/segments": segment.slug,
        "api/v1/campaigns": campaign.pk,
        "api/v1/status-endpoints": endpoint.pk,
        "api/v1/attachments": file.id,
    }


def test_every_route_of_the_api_is_own_or_shared_on_purpose() -> None:
    names = {path.split("/")[2] for path, _ in routes() if path.startswith("api/v1/")}
    assert names - {*OWN, *SHARED} == set()


def test_nothing_of_anothers_is_found_by_any_route(
    other: APIClient, things: dict[str, Any]
) -> None:
    tried, found = 0, {}
    for path, view in routes():
        place = next((p for p in things if path.startswith(f"{p}/<")), None)
        if place is None:
            continue
        head, _, tail = path.partition(">")
        url = f"/{head.partition('<')[0]}{things[place]}{tail}"
        for method in (m for m in METHODS if hasattr(view.cls, m) and "<" not in url):  # type: ignore[attr-defined]
            tried += 1
            answer = getattr(other, method)(url, {}, format="json")
            if answer.status_code < 400 or "ecret" in answer.content.decode():
                found[method, url] = answer.status_code
    assert tried > 10
    assert found == {}


def test_no_list_holds_anothers(other: APIClient, things: dict[str, Any]) -> None:
    for place in things:
        assert "ecret" not in other.get(f"/{place}").content.decode(), place


def test_no_campaign_goes_to_anothers_segment(other: APIClient, things: dict[str, Any]) -> None:
    body = {"name": "Mine", "type": "news", "segment": "secret-plan"}
    answer = other.post("/api/v1/campaigns", body, format="json")
    assert answer.status_code == 400
    assert "segment" in answer.json()["error"]["fields"]


@pytest.mark.parametrize("url", ["/api/v1/segments", "/api/v1/segments/look"])
def test_no_rules_count_anothers_segment(
    other: APIClient, things: dict[str, Any], url: str
) -> None:
    body: dict[str, Any] = {"rules": {"segment": "secret-plan"}}
    if not url.endswith("look"):
        body |= {"slug": "mine", "name": "Mine"}
    answer = other.post(url, body, format="json")
    assert answer.status_code == 400
    assert answer.json()["error"]["fields"] == {"rules.segment": "There is no such segment."}


def test_a_key_for_templates_reads_no_person(first: Service) -> None:
    Recipient.objects.create(external_id="maria", attributes={"plan": "gold"})
    api = client_of(first, Scope.TEMPLATES, Scope.READ)
    made = {"slug": "order", "name": "Order"}
    assert api.post("/api/v1/templates", made, format="json").status_code == 201
    parts = {"sms": {"default": {"body": "{{ person.plan }}"}}}
    asked = {"parts": parts, "user_id": "maria"}

    answer = api.post("/api/v1/templates/order/preview", asked, format="json")

    assert answer.status_code == 403
    assert "gold" not in answer.content.decode()
