"""While Postgres is away, callers are asked to try again, whatever they ask for."""

import pytest
from django.db import InterfaceError, OperationalError
from rest_framework.test import APIClient

from notifyproj.core.api import authentication
from notifyproj.core.models import Service


@pytest.mark.parametrize("problem", [OperationalError, InterfaceError])
@pytest.mark.parametrize("path", ["templates", "notifications", "segments", "status-endpoints"])
def test_a_key_that_cannot_be_looked_up_is_503(
    service: Service, monkeypatch: pytest.MonkeyPatch, path: str, problem: type[Exception]
) -> None:
    """On routes that the audit log asks about as on others."""

    def away(_: object) -> None:
        raise problem

    monkeypatch.setattr(authentication, "_load", away)
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION="Bearer nk_" + "x" * 43)
    answer = client.post(f"/api/v1/{path}", {}, format="json")

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    assert answer["Retry-After"] == "1"
