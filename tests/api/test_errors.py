from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.probe_urls")]


def the_error(response: Any) -> dict[str, Any]:
    """The error of an answer, which has the one shape and nothing else."""
    body = response.json()
    assert list(body) == ["error"]
    assert sorted(body["error"]) == ["code", "fields", "message"]
    error: dict[str, Any] = body["error"]
    return error


def test_an_unknown_path_has_the_error_shape(api: APIClient) -> None:
    response = api.get("/api/v1/nowhere")
    assert (response.status_code, the_error(response)["code"]) == (404, "not_found")


def test_an_unknown_path_has_the_error_shape_with_debug_on(
    api: APIClient, settings: Settings
) -> None:
    settings.DEBUG = True
    assert the_error(api.get("/api/v1/nowhere"))["code"] == "not_found"


def test_a_wrong_method_is_405_and_says_what_is_allowed(api: APIClient) -> None:
    response = api.delete("/api/v1/probe")
    assert response.status_code == 405
    assert "GET" in response["Allow"]
    assert the_error(response)["code"] == "method_not_allowed"


def test_broken_json_names_the_body(api: APIClient) -> None:
    response = api.post("/api/v1/probe", "{", content_type="application/json")
    assert response.status_code == 400
    assert list(the_error(response)["fields"]) == ["body"]


def test_another_content_type_is_415(api: APIClient) -> None:
    response = api.post("/api/v1/probe", "a=1", content_type="text/plain")
    assert response.status_code == 415
    assert list(the_error(response)["fields"]) == ["Content-Type"]


def test_a_body_over_one_megabyte_is_413(api: APIClient) -> None:
    body = b'"' + b"x" * 1_048_576 + b'"'
    response = api.post("/api/v1/probe", body, content_type="application/json")
    assert (response.status_code, the_error(response)["code"]) == (413, "body_too_large")


def test_a_body_without_a_length_is_411_and_not_taken_for_empty(api: APIClient) -> None:
    response = api.generic("POST", "/api/v1/probe", "", HTTP_TRANSFER_ENCODING="chunked")
    assert (response.status_code, the_error(response)["code"]) == (411, "length_required")


@pytest.mark.parametrize("path", ["/api/v1/broken", "/api/v1/plain-broken"])
@pytest.mark.parametrize("debug", [True, False])
def test_an_unexpected_error_tells_nothing_of_itself(
    api: APIClient, settings: Settings, path: str, debug: bool
) -> None:
    settings.DEBUG = debug
    api.raise_request_exception = False
    response = api.get(path)
    assert (response.status_code, the_error(response)["code"]) == (500, "internal_error")
    assert b"secret of the house" not in response.content


def test_an_unexpected_error_has_an_id_that_the_log_has_too(
    api: APIClient, caplog: pytest.LogCaptureFixture
) -> None:
    request_id = api.get("/api/v1/broken")["X-Request-Id"]
    assert [getattr(record, "request_id", None) for record in caplog.records] == [request_id]


def test_a_database_that_is_away_is_503_to_try_again(api: APIClient) -> None:
    response = api.get("/api/v1/database-away")
    assert (response.status_code, response["Retry-After"]) == (503, "1")
    assert b"10.0.0.5" not in response.content


def test_a_nested_error_of_validation_is_a_dotted_field(api: APIClient) -> None:
    error = the_error(api.get("/api/v1/invalid"))
    assert error["fields"] == {"items.1.age": "Too young."}


def test_a_view_that_names_no_scope_is_closed(client_with: Callable[..., APIClient]) -> None:
    response = client_with("admin").get("/api/v1/no-scope")
    assert (response.status_code, the_error(response)["code"]) == (403, "forbidden")


def test_an_unknown_host_has_the_error_shape(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["example.com"]
    response = Client(SERVER_NAME="evil.example").get("/api/v1/probe")
    assert (response.status_code, the_error(response)["code"]) == (400, "bad_request")
