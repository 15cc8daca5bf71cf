from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from channels.accounts.credentials import account_upsert
from channels.models import App
from preferences.models import ContactPoint
from tests.preferences.opening import opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("maria")]

MARIA = "/api/v1/recipients/maria"
JAN = "/api/v1/recipients/jan"
TOKEN = "80f1d2a3b4c5d6e7" * 4


@pytest.fixture
def maria(api: APIClient, ios_app: App) -> None:
    for url in (MARIA, JAN):
        api.put(url, {}, format="json")


def register(api: APIClient, url: str = MARIA, **changes: Any) -> Any:
    body = {"token": TOKEN, "platform": "ios", **changes}
    return api.put(f"{url}/devices", body, format="json")


def test_a_device_registers_with_the_only_app_of_its_platform(api: APIClient) -> None:
    response = register(api, app_version="3.2.0")
    assert response.status_code == 201
    shown = response.json()
    assert (shown["app"], shown["platform"], shown["app_version"]) == ("shop-ios", "ios", "3.2.0")


def test_a_token_is_never_shown_whole(api: APIClient) -> None:
    register(api)
    listed = api.get(f"{MARIA}/devices")
    assert TOKEN.encode() not in listed.content
    assert listed.json()["contact_points"][0]["hint"] == "…d6e7"


def test_registering_again_refreshes_last_seen_only(api: APIClient) -> None:
    first = register(api).json()
    second = register(api).json()
    assert second["id"] == first["id"]
    assert second["registered_at"] == first["registered_at"]
    assert second["last_seen_at"] > first["last_seen_at"]


def test_a_dead_token_that_registers_again_is_alive_from_now_on(api: APIClient) -> None:
    first = register(api).json()
    ContactPoint.objects.update(active=False, inactive_reason="unregistered")
    second = register(api).json()
    assert (second["active"], second["inactive_reason"]) == (True, "")
    assert second["registered_at"] > first["registered_at"]


def test_a_token_moves_to_who_registers_it_last(api: APIClient) -> None:
    register(api, MARIA)
    response = register(api, JAN)
    assert response.status_code == 200
    assert api.get(f"{MARIA}/devices").json()["contact_points"] == []
    assert ContactPoint.objects.get().recipient.external_id == "jan"


def test_a_token_that_moved_opens_under_its_new_persons_key(api: APIClient) -> None:
    register(api, MARIA)
    register(api, JAN)
    assert opened(ContactPoint.objects.get(recipient__external_id="jan")) == TOKEN


def test_a_token_that_moved_counts_as_registered_now(api: APIClient) -> None:
    register(api, MARIA)
    ContactPoint.objects.update(registered_at=ContactPoint.objects.get().registered_at)
    before = ContactPoint.objects.get().registered_at
    register(api, JAN)
    assert ContactPoint.objects.get().registered_at - before > timedelta(0)


def test_the_same_token_in_another_app_is_another_device(api: APIClient) -> None:
    App.objects.create(slug="other", name="Other", channel="push", platform="ios")
    register(api, MARIA, app="shop-ios")
    assert register(api, JAN, app="other").status_code == 201
    assert ContactPoint.objects.count() == 2


def test_an_app_must_be_named_when_several_have_the_platform(api: APIClient) -> None:
    App.objects.create(slug="other", name="Other", channel="push", platform="ios")
    response = register(api)
    assert response.status_code == 400
    assert list(response.json()["error"]["fields"]) == ["app"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"platform": "android"}, "app"),
        ({"app": "unknown"}, "app"),
        ({"app": "shop-ios", "platform": "android"}, "platform"),
        ({"platform": "pager"}, "platform"),
        ({"token": ""}, "token"),
        ({"token": "a b"}, "token"),
        ({"kind": "serial"}, "kind"),
        ({"app_version": "x" * 33}, "app_version"),
    ],
)
def test_a_registration_that_cannot_be_names_its_field(
    api: APIClient, changes: dict[str, str], field: str
) -> None:
    response = register(api, **changes)
    assert response.status_code == 400
    assert list(response.json()["error"]["fields"]) == [field]


def test_a_device_of_nobody_is_404(api: APIClient) -> None:
    assert register(api, "/api/v1/recipients/nobody").status_code == 404


def test_a_device_can_be_removed(api: APIClient) -> None:
    id_ = register(api).json()["id"]
    assert api.delete(f"{MARIA}/devices/{id_}").status_code == 204
    assert not ContactPoint.objects.exists()


def test_a_device_behind_amazon_sns_registers_its_endpoint(api: APIClient, ios_app: App) -> None:
    account_upsert(slug="sns", channel="push", kind="sns_push", app=ios_app)
    refused = register(api)
    assert refused.status_code == 400
    assert "ARN of an endpoint" in refused.json()["error"]["fields"]["token"]
    arn = "arn:aws:sns:eu-central-1:123456789012:endpoint/APNS/shop/5f2c-11"
    assert register(api, token=arn).status_code == 201


def test_a_token_is_welcome_while_one_account_of_the_app_takes_it(
    api: APIClient, ios_app: App
) -> None:
    account_upsert(slug="sns", channel="push", kind="sns_push", app=ios_app)
    account_upsert(slug="apns", channel="push", kind="apns", app=ios_app)
    assert register(api).status_code == 201
