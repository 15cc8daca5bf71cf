"""Saved rules that name what is another service's: nothing is counted, shown or sent by them."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from notifications.campaigns.models import Campaign
from notifications.campaigns.run.launch import campaign_launch
from notifications.segments.models import Segment
from notifyproj.core.api.errors import InvalidFields
from notifyproj.core.api.keys import service_create
from notifyproj.core.clock import now
from notifyproj.core.models import Service
from preferences.models import NotificationType, Recipient
from templates.models import TemplateVersion
from tests.api.conftest import ClientWith
from tests.world import World, make_world

URL = "/api/v1/segments"
EVALUATED = [
    ("post", f"{URL}/readers/count"),
    ("get", f"{URL}/readers/sample"),
    ("get", f"{URL}/readers/members/ada"),
]


@pytest.fixture
def api(client_with: ClientWith) -> APIClient:
    Recipient.objects.create(external_id="ada")
    return client_with("campaigns", "read")


@pytest.fixture
def others(db: None) -> Campaign:
    NotificationType.objects.create(slug="promo", name="Promo", channels=["push"])
    return campaign_of(service_create(slug="second"))


def campaign_of(service: Service) -> Campaign:
    return Campaign.objects.create(
        name="Sale", service=service, type=NotificationType.objects.get(slug="promo")
    )


def opened(campaign: Campaign) -> dict[str, Any]:
    return {"activity": "opened", "campaign": campaign.pk}


def readers(rules: object, service: Service | None, slug: str = "readers") -> Segment:
    return Segment.objects.create(slug=slug, name=slug, rules=rules, service=service)


@pytest.mark.parametrize(("method", "path"), EVALUATED)
def test_a_campaign_of_another_service_is_refused_by_its_place(
    api: APIClient, service: Service, others: Campaign, method: str, path: str
) -> None:
    readers({"all": [{"locale": "de"}, opened(others)]}, service)

    response = getattr(api, method)(path)

    assert response.status_code == 400
    assert list(response.json()["error"]["fields"]) == ["rules.all[1].campaign"]


@pytest.mark.parametrize(("method", "path"), EVALUATED)
def test_ones_own_campaign_is_asked_about(
    api: APIClient, service: Service, others: Campaign, method: str, path: str
) -> None:
    readers(opened(campaign_of(service)), service)

    assert getattr(api, method)(path).status_code == 200


def test_one_from_before_segments_had_a_service_is_asked_about_too(
    api: APIClient, others: Campaign
) -> None:
    readers(opened(others), None)

    assert api.post(f"{URL}/readers/count").status_code == 400


def test_a_campaign_that_became_anothers_is_refused(
    api: APIClient, service: Service, others: Campaign
) -> None:
    mine = campaign_of(service)
    readers(opened(mine), service)
    Campaign.objects.filter(pk=mine.pk).update(service=others.service)

    assert api.post(f"{URL}/readers/count").status_code == 400


def test_what_is_named_by_a_segment_within_is_seen(
    api: APIClient, service: Service, others: Campaign
) -> None:
    readers(opened(others), None, "deepest")
    readers({"segment": "deepest"}, None, "deeper")
    readers({"not": {"segment": "deeper"}}, service)

    response = api.post(f"{URL}/readers/count")

    assert list(response.json()["error"]["fields"]) == ["rules.not.segment"]


def test_a_segment_of_another_service_within_is_refused(
    api: APIClient, service: Service, others: Campaign
) -> None:
    readers({"locale": "de"}, others.service, "theirs")
    readers({"segment": "theirs"}, service)

    assert api.get(f"{URL}/readers/sample").status_code == 400


def test_a_list_is_read_all_the_same_and_the_count_stays_unsaid(
    api: APIClient, service: Service, others: Campaign
) -> None:
    readers({"any": [{"member_of_upload": True}, opened(others)]}, service)

    sent = api.generic("POST", f"{URL}/readers/uploads", "ada\n", content_type="text/csv")

    assert (sent.status_code, sent.json()["added"]) == (200, 1)
    assert api.get(f"{URL}/readers").json()["count"] is None


@pytest.fixture
def world(others: Campaign) -> World:
    return make_world("https://provider.example")


def sale(world: World, rules: object, service: Service | None) -> Campaign:
    made = Campaign.objects.create(
        name="Ours",
        service=world.service,
        type=world.type,
        variables={"order_id": "A-1"},
        segment=readers(rules, service, "audience"),
    )
    made.variants.create(name="A", version=TemplateVersion.objects.latest("pk"))
    return made


@pytest.mark.parametrize("shared", [True, False])
def test_a_campaign_is_not_launched_to_them(world: World, others: Campaign, shared: bool) -> None:
    campaign = sale(world, opened(others), None if shared else world.service)

    with pytest.raises(InvalidFields) as refused:
        campaign_launch(campaign=campaign, now=now())

    assert list(refused.value.fields) == ["segment.rules.campaign"]


def test_a_campaign_is_launched_to_those_of_its_own(world: World, others: Campaign) -> None:
    own = Campaign.objects.create(name="First", service=world.service, type=world.type)
    campaign = sale(world, opened(own), world.service)

    assert campaign_launch(campaign=campaign, now=now()) is not None
