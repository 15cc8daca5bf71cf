import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from notifyproj.core import clock
from notifyproj.core.api import authentication
from notifyproj.core.api.keys import api_key_create, api_key_revoke
from notifyproj.core.models import ApiKey, Service

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.probe_urls")]

PROBE = "/api/v1/probe"


def with_bearer(secret: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def test_a_request_without_a_key_is_401_and_says_how() -> None:
    response = Client().get(PROBE)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'
    assert list(response.json()["error"]["fields"]) == ["Authorization"]


def test_an_unknown_key_is_401() -> None:
    assert with_bearer("nk_unknown").get(PROBE).status_code == 401


def test_a_key_may_come_in_its_own_header(service: Service) -> None:
    _, secret = api_key_create(service=service, scopes=["send"])
    response = Client().get(PROBE, HTTP_X_API_KEY=secret)
    assert response.json() == {"service": "shop"}


def test_only_the_hash_of_a_key_is_stored(service: Service) -> None:
    key, secret = api_key_create(service=service, scopes=["send"])
    stored = ApiKey.objects.filter(pk=key.pk).values().get()
    assert secret not in {str(value) for value in stored.values()}
    assert stored["hint"] == secret[-4:]


def test_a_revoked_key_is_401(service: Service) -> None:
    key, secret = api_key_create(service=service, scopes=["send"])
    client = with_bearer(secret)
    assert client.get(PROBE).status_code == 200
    api_key_revoke(key=key)
    assert client.get(PROBE).status_code == 401


def test_another_process_sees_a_revocation_within_five_seconds(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, secret = api_key_create(service=service, scopes=["send"])
    client = with_bearer(secret)
    client.get(PROBE)
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=clock.now())
    later = time.monotonic() + 5.01
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert client.get(PROBE).status_code == 401


def test_a_key_of_a_disabled_service_is_401(service: Service) -> None:
    _, secret = api_key_create(service=service, scopes=["send"])
    Service.objects.update(enabled=False)
    assert with_bearer(secret).get(PROBE).status_code == 401


def test_a_second_key_of_a_service_works_beside_the_first(service: Service) -> None:
    secrets = [api_key_create(service=service, scopes=["send"])[1] for _ in range(2)]
    assert [with_bearer(secret).get(PROBE).status_code for secret in secrets] == [200, 200]


def test_a_known_key_costs_no_query(
    client_with: Callable[..., APIClient], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_with("send")
    client.get(PROBE)
    with django_assert_num_queries(0):
        client.get(PROBE)


def test_a_key_without_the_scope_is_403_and_told_which(
    client_with: Callable[..., APIClient],
) -> None:
    response = client_with("read").get(PROBE)
    assert response.status_code == 403
    assert "`send`" in response.json()["error"]["message"]


def test_the_scope_admin_is_every_scope(client_with: Callable[..., APIClient]) -> None:
    assert client_with("admin").get(PROBE).status_code == 200


def test_the_first_use_of_a_key_is_noted(service: Service) -> None:
    key, secret = api_key_create(service=service, scopes=["send"])
    with_bearer(secret).get(PROBE)
    key.refresh_from_db()
    assert key.last_used_at is not None


def test_use_is_noted_at_most_once_a_minute(service: Service) -> None:
    key, secret = api_key_create(service=service, scopes=["send"])
    half_a_minute_ago = clock.now() - timedelta(seconds=30)
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=half_a_minute_ago)
    with_bearer(secret).get(PROBE)
    key.refresh_from_db()
    assert key.last_used_at == half_a_minute_ago


def test_a_caller_shows_no_secret_in_its_repr(service: Service) -> None:
    _, secret = api_key_create(service=service, scopes=["send"])
    assert secret not in repr(authentication.caller_of(secret))
