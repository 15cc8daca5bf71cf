"""Clients of the API with a real key of a real service."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from channels.models import App
from notifyproj.core.api import authentication
from notifyproj.core.api.keys import api_key_create, service_create
from notifyproj.core.models import Service
from notifyproj.core.servers import redis_client
from tests.documented import document, problems

ClientWith = Callable[..., APIClient]


@pytest.fixture(autouse=True)
def _as_documented(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test of the API is about, its answers are those of the OpenAPI document."""
    document()  # made now, as it takes a second or two that no test is about
    asked = Client.request

    def request(self: Client, **environ: Any) -> Any:
        response = asked(self, **environ)
        wrong = problems(environ["REQUEST_METHOD"], environ["PATH_INFO"], response)
        assert not wrong, wrong
        return response

    monkeypatch.setattr(Client, "request", request)


@pytest.fixture
def service(db: Any) -> Service:
    redis_client.forget_buckets()
    authentication.forget()
    return service_create(slug="shop")


@pytest.fixture
def client_with(service: Service) -> ClientWith:
    """`client_with("send", "read")`: a client whose key has these scopes."""

    def make(*scopes: str) -> APIClient:
        _, secret = api_key_create(service=service, scopes=scopes)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return client

    return make


@pytest.fixture
def api(client_with: ClientWith) -> APIClient:
    return client_with("send", "read", "recipients")


@pytest.fixture
def ios_app(db: Any) -> App:
    return App.objects.create(slug="shop-ios", name="Shop", channel="push", platform="ios")
