"""Webhooks and Slack as contact points: URLs that somebody else gave."""

import json
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from preferences.models import ContactPoint
from preferences.recipients import webhooks
from tests.preferences.opening import opened

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("maria")]

MARIA = "/api/v1/recipients/maria"
URL = "https://hooks.example.com/orders/maria"
SLACK = "https://hooks.slack.com/services/T0/B0/secret"


@pytest.fixture
def maria(api: APIClient) -> None:
    api.put(MARIA, {}, format="json")


def add(api: APIClient, address: str = URL, channel: str = "webhook") -> Any:
    body = {"channel": channel, "address": address}
    return api.post(f"{MARIA}/contact-points", body, format="json")


def rotate(api: APIClient, id_: int) -> Any:
    return api.post(f"{MARIA}/contact-points/{id_}/secret")


def secrets() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(opened(ContactPoint.objects.get()))["secrets"]
    return found


def test_a_new_webhook_shows_its_secret_once(api: APIClient) -> None:
    response = add(api)
    assert response.status_code == 201
    assert response.json()["secret"].startswith("whsec_")
    assert response.json()["hint"] == "hooks.example.com/…"
    assert b"whsec_" not in api.get(f"{MARIA}/contact-points").content


def test_what_is_stored_is_what_the_adapter_takes(api: APIClient) -> None:
    secret = add(api).json()["secret"]
    stored = json.loads(opened(ContactPoint.objects.get()))
    assert stored == {"url": URL, "secrets": [{"key": secret, "until": None}]}


def test_a_webhook_that_is_known_keeps_its_secret_and_does_not_show_it(api: APIClient) -> None:
    secret = add(api).json()["secret"]
    ContactPoint.objects.update(active=False)
    again = add(api)
    assert again.status_code == 200
    assert "secret" not in again.json()
    assert again.json()["active"]
    assert secrets()[0]["key"] == secret


def test_a_rotated_secret_signs_at_once_and_the_old_one_for_a_day(api: APIClient) -> None:
    first = add(api).json()
    fresh = rotate(api, first["id"])
    assert fresh.status_code == 201
    new, old = secrets()
    assert (new["key"], new["until"]) == (fresh.json()["secret"], None)
    assert old["key"] == first["secret"]
    assert datetime.fromisoformat(old["until"]) > timezone.now()


def test_an_old_secret_ends_with_its_day(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    first = add(api).json()
    monkeypatch.setattr(webhooks, "OVERLAP", -webhooks.OVERLAP)
    rotate(api, first["id"])
    second = rotate(api, first["id"]).json()["secret"]
    keys = [secret["key"] for secret in secrets()]
    assert keys[0] == second
    assert first["secret"] not in keys


def test_rotating_without_end_keeps_few(api: APIClient) -> None:
    id_ = add(api).json()["id"]
    for _ in range(5):
        rotate(api, id_)
    assert len(secrets()) == webhooks.MOST_SECRETS


def test_only_a_webhook_of_that_person_has_a_secret(api: APIClient) -> None:
    slack = add(api, SLACK, "slack").json()["id"]
    webhook = add(api).json()["id"]
    api.put("/api/v1/recipients/jan", {}, format="json")
    assert rotate(api, slack).status_code == 404
    assert api.post(f"/api/v1/recipients/jan/contact-points/{webhook}/secret").status_code == 404


def test_a_slack_channel_needs_no_secret_of_ours(api: APIClient) -> None:
    response = add(api, SLACK, "slack")
    assert response.status_code == 201
    assert "secret" not in response.json()
    assert response.json()["hint"] == "hooks.slack.com/…"


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        ("webhook", "http://hooks.example.com/"),
        ("webhook", "https://10.0.0.1/"),
        ("webhook", "https://user:pass@hooks.example.com/"),
        ("webhook", "https://hooks.example.com/" + "x" * 2_000),
        ("webhook", '{"url": "https://hooks.example.com/", "secrets": []}'),
        ("slack", "https://evil.example/services/T0/B0/x"),
        ("slack", "https://hooks.slack.com.evil.example/"),
    ],
)
def test_a_url_that_may_not_be_called_is_refused(
    api: APIClient, channel: str, address: str
) -> None:
    response = add(api, address, channel)
    assert response.status_code == 400
    assert "address" in response.json()["error"]["fields"]


def test_this_machine_is_for_development_only(api: APIClient, settings: Any) -> None:
    url = "http://127.0.0.1:8002/hooks"
    assert add(api, url).status_code == 201
    settings.ALLOW_PRIVATE_URLS = False
    assert add(api, f"{url}/2").status_code == 400
